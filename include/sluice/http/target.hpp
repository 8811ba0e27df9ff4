// SPDX-License-Identifier: Apache-2.0
// The request target and the Host field, brought to the one form that is matched, checked, logged
// and forwarded (contract: "Requests are not modified"; RFC 9112 section 3.2, RFC 3986 section
// 6.2.2). Pure functions.
#pragma once

#include "sluice/base/arena.hpp"
#include "sluice/http/head.hpp"

#include <optional>
#include <string_view>

namespace sluice::http {

/// A target split and made canonical.
struct target {
    std::string_view path;   ///< canonical; the received bytes themselves when they already were
    std::string_view query;  ///< untouched bytes after '?'
    bool has_query = false;
    std::string_view authority;  ///< of an absolute-form target, else empty
    /// the path is not what was received (path_normalize: reject looks at this)
    bool rewritten = false;
};

/// Parses origin-form, absolute-form (http and https only) and, for OPTIONS, asterisk-form.
/// Fails (nullopt) on everything the contract answers with 400: `#`, bytes outside the grammar, a
/// bad `%` escape, `%00`-`%1F` and `%7F`, invalid or overlong UTF-8 once decoded, dot segments
/// above the root, no leading slash. The grammar is every visible ASCII byte, in a path without a
/// bare `\`: browsers send `[ ] | { }` unescaped. Views point into `raw` or into `room`.
std::optional<target> parse_target(std::string_view raw, method verb, arena& room);

/// Brings a path (no query) to canonical form: escapes of unreserved characters decoded, dot
/// segments removed whether encoded or not; `%2F`, `%5C`, `//`, `;` and the case of hex digits
/// stay. Fails as parse_target does.
std::optional<std::string_view> canonical_path(std::string_view raw, arena& room);

/// A Host field or authority, validated (RFC 9110 section 7.2): no userinfo, port all digits and at
/// most 65535.
struct authority {
    std::string_view host;  ///< lower case, without port and trailing dot; [v6] keeps its brackets
    std::string_view port;  ///< digits, or empty
};
std::optional<authority> parse_authority(std::string_view raw, arena& room);

/// True when both name the same host and port, where a missing port equals `default_port`.
bool same_authority(const authority& a, const authority& b, std::string_view default_port) noexcept;

}  // namespace sluice::http
