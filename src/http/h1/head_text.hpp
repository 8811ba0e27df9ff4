// SPDX-License-Identifier: Apache-2.0
// Writes the text of a head into room that was measured beforehand: growing and checking for every
// piece costs more than the copying. Used by write.cpp.
#pragma once

#include "sluice/base/byte_buffer.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice::http::h1 {

/// Appends to a buffer. Its maker promises that no more than `most` bytes are put; they join the
/// buffer at the end.
class head_text {
public:
    head_text(byte_buffer& out, std::size_t most) : out_(out) {
        if (out.room().size() < most)
            out.reserve(out.size() + most);
        at_ = out.room().data();
    }
    head_text(const head_text&) = delete;
    head_text& operator=(const head_text&) = delete;
    ~head_text() { out_.commit(static_cast<std::size_t>(at_ - out_.room().data())); }

    head_text& put(std::string_view text) noexcept {
        if (text.empty())
            return *this;  // an absent text may be a null pointer, which memcpy must not see
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
        return *this;
    }
    head_text& put_number(std::uint64_t value, int base = 10) noexcept {
        at_ = std::to_chars(at_, at_ + most_digits, value, base).ptr;
        return *this;
    }
    head_text& put_field(std::string_view name, std::string_view value) noexcept {
        return put(name).put(": ").put(value).put("\r\n");
    }
    /// Nothing when the value is empty.
    head_text& put_known(std::string_view name, std::string_view value) noexcept {
        return value.empty() ? *this : put_field(name, value);
    }

    static constexpr std::size_t most_digits = 20;

private:
    byte_buffer& out_;
    char* at_;
};

}  // namespace sluice::http::h1
