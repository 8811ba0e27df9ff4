// SPDX-License-Identifier: Apache-2.0
// The configuration as explain may tell it: places as `file:line`, and *** for what a reference
// brought in. Names one entry of one list by its path, `routes[3]`.
#pragma once

#include "app/explain/explanation.hpp"
#include "app/load_settings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::app::explain {

/// Borrows the settings.
class teller {
public:
    explicit teller(const loaded_settings& of) : of_(of) {}

    std::string at(const std::optional<config::place>& where) const {
        return where ? of_.problems.name_of(*where) : std::string();
    }
    /// `text`, or *** when the value at that path of the configuration is hidden.
    std::string shown(const std::string& path, std::string_view text) const {
        return of_.shown(path, std::string(text));
    }

    const origins& places() const noexcept { return of_.places; }
    const settings& values() const noexcept { return of_.values; }

    /// A name with the place of its entry.
    told listener(std::size_t at) const;
    told service(std::size_t at) const;
    told route(std::size_t at) const;

private:
    told entry(const key_marks& marks, std::size_t at, std::string_view list,
               std::string_view name) const;

    const loaded_settings& of_;
};

/// `list[at]`
std::string path_of(std::string_view list, std::size_t at);

}  // namespace sluice::app::explain
