// SPDX-License-Identifier: Apache-2.0
// Where what a configuration says stands in its files: kept beside the settings for as long as they
// are in use, since by then the files may say something else. Kept small: 100,000 routes cost
// some 4 MB. Read by load_settings, asked by explain.
#pragma once

#include "sluice/config/value.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::app {

/// A key that is remembered: of an entry, or of a map in it.
struct marked_key {
    std::string_view outer;
    std::string_view inner = {};
    bool elements = false;  ///< also where each element of its list or map stands
};

/// The places of the entries of one list, and of some of their keys.
class key_marks {
public:
    static constexpr std::size_t whole = SIZE_MAX;

    /// `keys` must outlive this.
    explicit key_marks(std::span<const marked_key> keys) : keys_(keys) {}

    /// The next entry.
    void add(const config::value& entry);
    /// Gives back room for more.
    void finish();

    std::size_t size() const noexcept { return entries_.size(); }
    config::place entry(std::size_t at) const noexcept;
    /// Where `outer.inner` of an entry stands, or its element `nth`; nothing when it is not given.
    std::optional<config::place> key(std::size_t at, std::string_view outer,
                                     std::string_view inner = {}, std::size_t nth = whole) const;

private:
    struct entry_mark {
        std::uint32_t file, line;
        std::uint32_t first;  // in marks_
    };
    struct key_mark {
        std::uint32_t line;
        std::uint16_t key;      // in keys_
        std::uint16_t element;  // 0: the key itself, else the element before this number
    };

    void add_keys(const config::value& map, std::string_view outer);
    std::size_t find(std::string_view outer, std::string_view inner) const noexcept;

    std::span<const marked_key> keys_;
    std::vector<entry_mark> entries_;
    std::vector<key_mark> marks_;
};

/// Where the lists of a configuration and what is global stand. Indexes are those of the settings.
struct origins {
    key_marks listeners, services, routes;
    key_marks globals;  ///< of one entry, the configuration itself

    origins();
    void read(const config::value& root);
};

}  // namespace sluice::app
