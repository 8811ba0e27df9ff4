// SPDX-License-Identifier: Apache-2.0
// What the `url` of every kind of service shares: a comma-separated text or a list, entries with
// `weight=N` behind them. What stands before that is read by node_list and name_list.
#pragma once

#include "sluice/config/form.hpp"
#include "sluice/config/value.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::service {

/// One entry on its way from the text to a node or a name.
struct url_entry {
    const config::value& from;
    std::string_view where;          ///< without weight and spaces; never empty
    std::optional<unsigned> weight;  ///< none was written

    /// A problem with this entry; a hidden text is not quoted from.
    void refuse(std::string_view what, std::string expected, std::string suggestion = {}) const;
};

/// What a `url` may look like, whatever its entries are.
config::form url_form();

struct url_list {
    std::string expected;     ///< for messages about the whole
    std::string_view one;     ///< "a node"
    std::string_view sample;  ///< an entry as it should be

    /// Calls `take` for every entry that is not wrong as such; reports the others.
    void read(const config::value& from, const std::function<void(const url_entry&)>& take) const;

private:
    void read_one(const config::value& from, std::string_view text,
                  const std::function<void(const url_entry&)>& take) const;
};

}  // namespace sluice::service
