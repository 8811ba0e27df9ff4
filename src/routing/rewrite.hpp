// SPDX-License-Identifier: Apache-2.0
// rewrite.prefix: the matched prefix of a canonical path replaced by another (contract:
// "rewrite.prefix").
// The query is not part of it.
#pragma once

#include "sluice/base/arena.hpp"

#include <optional>
#include <string_view>

namespace sluice::routing {

/// `path` with `prefix`, a prefix of whole segments, replaced: `/orders/1` with `/orders` and `/`
/// gives `/1`, with `/v2` gives `/v2/1`. Exactly one slash joins the two parts. The result is
/// canonical again and begins with exactly one slash, so that no node takes `//x` for an authority.
/// Lives as long as `path` and `room`.
/// Fails (nullopt) when `prefix` does not match or `replacement` cannot be made canonical.
std::optional<std::string_view> replace_prefix(std::string_view path, std::string_view prefix,
                                               std::string_view replacement, arena& room);

}  // namespace sluice::routing
