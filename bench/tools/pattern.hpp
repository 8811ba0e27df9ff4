// SPDX-License-Identifier: Apache-2.0
// What every body of the bench consists of, so that both ends can tell a right byte from a wrong
// one at any offset without having seen the rest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace bench {

class pattern {
public:
    /// As much as one call takes from it.
    static constexpr std::size_t longest = 1024 * 1024;

    pattern() : bytes_{std::make_unique<bytes>()} {
        std::uint32_t state = 2463534242U;
        for (std::size_t at = 0; at < period; ++at) {
            state ^= state << 13U;
            state ^= state >> 17U;
            state ^= state << 5U;
            (*bytes_)[at] = static_cast<char>(state);
        }
        for (std::size_t at = period; at < bytes_->size(); ++at)
            (*bytes_)[at] = (*bytes_)[at - period];
    }

    /// The bytes from `offset` on; `count` is at most `longest`.
    [[nodiscard]] std::string_view at(std::uint64_t offset, std::size_t count) const {
        return {bytes_->data() + offset % period, count};
    }

    [[nodiscard]] bool matches(std::uint64_t offset, std::string_view got) const {
        while (got.size() > longest) {
            if (!matches(offset, got.substr(0, longest)))
                return false;
            got.remove_prefix(longest);
            offset += longest;
        }
        return std::memcmp(at(offset, got.size()).data(), got.data(), got.size()) == 0;
    }

private:
    static constexpr std::size_t period = 65521;  // a prime: a body shifted by a buffer is seen
    using bytes = std::array<char, period + longest>;
    std::unique_ptr<bytes> bytes_;
};

}  // namespace bench
