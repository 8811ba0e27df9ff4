// SPDX-License-Identifier: Apache-2.0
// What counts as the name of a machine, in the configuration, the hosts file and SRV records. Text
// only; nothing is resolved.
#pragma once

#include <string>
#include <string_view>

namespace sluice::net::dns {

/// A whole name is written with a dot at its end or without: here it is without.
std::string_view without_last_dot(std::string_view name) noexcept;

/// `name` in lower case without its last dot; empty when it is not letters, digits, `-` and `_`
/// between dots, at most 63 a label and 253 in all.
std::string plain_name(std::string_view name);

}  // namespace sluice::net::dns
