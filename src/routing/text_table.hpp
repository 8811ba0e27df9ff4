// SPDX-License-Identifier: Apache-2.0
// A hash table from (scope, text) to a number, filled once and then only read: one instance holds
// every host name, another every path segment of every host. It owns its texts; nothing is ever
// removed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::routing {

class text_table {
public:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    text_table();

    /// The number kept for that text; a new text keeps `number`.
    std::uint32_t keep(std::uint32_t scope, std::string_view text, std::uint32_t number);

    /// The number kept for that text, or `none`. Never allocates. Thread: any, once nothing is
    /// added any more.
    std::uint32_t find(std::uint32_t scope, std::string_view text) const noexcept;

private:
    // A look-up in a large table costs its cache misses and little else: one for the slot, one for
    // the record, whose text stands right behind its numbers.
    struct slot {
        std::uint32_t hash =
            0;  ///< the upper half, so that a probe rarely has to look at the record
        std::uint32_t record = none;  ///< offset in records_; none marks an empty slot
    };
    struct record {
        std::uint32_t scope;
        std::uint32_t number;
        std::uint32_t length;
    };

    record record_at(std::uint32_t offset) const noexcept;
    std::string_view text_at(std::uint32_t offset) const noexcept;
    std::size_t place(std::uint32_t scope, std::string_view text,
                      std::uint64_t hash) const noexcept;
    void grow();

    std::vector<slot>
        slots_;  ///< a power of two, never more than half full: probe sequences stay short
    std::vector<char> records_;  ///< each a record and its text
    std::size_t used_ = 0;
};

}  // namespace sluice::routing
