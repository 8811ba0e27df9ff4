// SPDX-License-Identifier: Apache-2.0
// What tests ask of texts.
#pragma once

#include <string_view>

namespace fake {

inline bool has(std::string_view text, std::string_view part) noexcept {
    return text.find(part) != std::string_view::npos;
}

}  // namespace fake
