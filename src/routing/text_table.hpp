// SPDX-License-Identifier: Apache-2.0
// A hash table from (scope, text) to a number, filled once and then only read: one instance holds every host name,
// another every path segment of every host. It owns its texts; nothing is ever removed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::routing {

class text_table {
public:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    text_table();

    /// The number kept for that text, `none` when it is new. The reference holds until the next call of at().
    std::uint32_t& at(std::uint32_t scope, std::string_view text);

    /// The number kept for that text, or `none`. Never allocates; safe from several threads.
    std::uint32_t find(std::uint32_t scope, std::string_view text) const noexcept;

private:
    struct slot {
        std::uint32_t hash = 0;  ///< the upper half, so that a probe rarely has to look at the text
        std::uint32_t scope = 0;
        std::uint32_t offset = none;  ///< in texts_; none marks an empty slot
        std::uint32_t length = 0;
        std::uint32_t number = none;
    };

    std::size_t place(std::uint32_t scope, std::string_view text, std::uint64_t hash) const noexcept;
    void grow();

    std::vector<slot> slots_;  ///< a power of two, never more than half full: probe sequences stay short
    std::string texts_;
    std::size_t used_ = 0;
};

} // namespace sluice::routing
