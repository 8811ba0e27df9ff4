// SPDX-License-Identifier: Apache-2.0
// The version of this program, from the build.
#pragma once

#include <string_view>

namespace sluice {

/// `0.1.0`
std::string_view program_version() noexcept;

}  // namespace sluice
