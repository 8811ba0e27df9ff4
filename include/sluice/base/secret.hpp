// SPDX-License-Identifier: Apache-2.0
// A text that must never be printed: tokens, passwords, keys. It has no stream operator and no
// conversion; whoever needs the text asks for it by name, which makes every use easy to find.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace sluice {

class secret {
public:
    secret() = default;
    explicit secret(std::string text) : text_(std::move(text)) {}

    /// The secret text itself. Never pass it to a log, an error or an admin answer.
    std::string_view reveal() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }

    /// What may be printed in its place.
    static constexpr std::string_view masked = "***";

    /// True when both texts are equal; takes the same time wherever they differ.
    bool matches(std::string_view candidate) const noexcept;

    friend bool operator==(const secret&, const secret&) = default;

private:
    std::string text_;
};

}  // namespace sluice
