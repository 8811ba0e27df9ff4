// SPDX-License-Identifier: Apache-2.0
// Any bytes as request target, path and Host: nothing crashes, a canonical path is a fixed point
// without dot segments, and what was accepted once is accepted again and means the same. The first
// byte picks the input's use.
#include "sluice/http/target.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using sluice::arena;
using sluice::http::method;

void require(bool holds) {
    if (!holds)
        std::abort();
}

void check_canonical(std::string_view path) {
    arena room;
    const auto again = sluice::http::canonical_path(path, room);
    require(again && again->data() == path.data() && *again == path);
    require(path.front() == '/');
    const std::string bounded = std::string{path} + '/';
    require(bounded.find("/./") == bounded.npos && bounded.find("/../") == bounded.npos);
    for (const char c : path)
        require(c > 0x20 && c < 0x7F && c != '#' && c != '?' && c != '\\');
}

void try_path(std::string_view raw) {
    arena room;
    if (const auto path = sluice::http::canonical_path(raw, room))
        check_canonical(*path);
}

void try_target(std::string_view raw, method verb) {
    arena room;
    const auto found = sluice::http::parse_target(raw, verb, room);
    if (!found)
        return;
    if (found->path == "*")
        return require(verb == method::options);
    check_canonical(found->path);
    require(found->authority.empty() || sluice::http::parse_authority(found->authority, room));
    require(found->has_query || found->query.empty());
    std::string written{found->path};
    if (found->has_query)
        written += "?" + std::string{found->query};
    const auto again = sluice::http::parse_target(written, method::get, room);
    require(again && again->path == found->path && again->query == found->query &&
            !again->rewritten);
}

void try_authority(std::string_view raw) {
    arena room;
    const auto found = sluice::http::parse_authority(raw, room);
    if (!found)
        return;
    require(!found->host.empty() && !found->host.ends_with('.'));
    const std::string written = std::string{found->host} + ":" + std::string{found->port};
    const auto again = sluice::http::parse_authority(written, room);
    require(again && again->host == found->host &&
            sluice::http::same_authority(*found, *again, "80"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0)
        return 0;
    const std::string_view text{reinterpret_cast<const char*>(bytes) + 1, size - 1};
    switch (bytes[0] % 4) {
    case 0:
        try_path(text);
        break;
    case 1:
        try_target(text, method::get);
        break;
    case 2:
        try_target(text, method::options);
        break;
    default:
        try_authority(text);
    }
    return 0;
}
