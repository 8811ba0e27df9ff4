// SPDX-License-Identifier: Apache-2.0
// Views of raw bytes. Text and bytes share std::string_view on purpose: every byte here came from
// or goes to a socket.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace sluice {

/// Bytes owned by somebody else; valid as long as that owner says.
using byte_view = std::string_view;

/// Room owned by somebody else to read bytes into.
using mutable_bytes = std::span<char>;

}  // namespace sluice
