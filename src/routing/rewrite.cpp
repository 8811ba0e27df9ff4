// SPDX-License-Identifier: Apache-2.0
#include "routing/rewrite.hpp"

#include "sluice/http/target.hpp"

#include <cstring>

namespace sluice::routing {

namespace {

/// What is behind the prefix: empty or beginning with a slash; nullopt when the prefix ends inside
/// a segment.
std::optional<std::string_view> behind(std::string_view path, std::string_view prefix) noexcept {
    if (!path.starts_with(prefix))
        return std::nullopt;
    if (prefix.ends_with('/'))  // the slash belongs to what stays
        prefix.remove_suffix(1);
    const std::string_view rest = path.substr(prefix.size());
    return rest.empty() || rest.front() == '/' ? std::optional{rest} : std::nullopt;
}

std::string_view one_leading_slash(std::string_view path) noexcept {
    while (path.starts_with("//"))
        path.remove_prefix(1);
    return path;
}

}  // namespace

std::optional<std::string_view> replace_prefix(std::string_view path, std::string_view prefix,
                                               std::string_view replacement, arena& room) {
    const auto rest = behind(path, prefix);
    if (!rest)
        return std::nullopt;
    if (!rest->empty() && replacement.ends_with('/'))
        replacement.remove_suffix(1);
    if (replacement
            .empty())  // `/`, or nothing at all: what is left of a canonical path is canonical
        return rest->empty() ? "/" : one_leading_slash(*rest);
    char* text = room.allocate(replacement.size() + rest->size());
    std::memcpy(text, replacement.data(), replacement.size());
    std::memcpy(text + replacement.size(), rest->data(), rest->size());
    // A replacement with `..` in it would take segments of the request along (CVE-2026-48020), so
    // the result is judged as a whole, like a path from a client.
    const auto result = http::canonical_path({text, replacement.size() + rest->size()}, room);
    if (!result)
        return std::nullopt;
    return one_leading_slash(*result);
}

}  // namespace sluice::routing
