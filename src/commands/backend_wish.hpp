// SPDX-License-Identifier: Apache-2.0
// What a request to `sluice backend` asks for, read from its path, and the texts it is answered
// with. No I/O here.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::commands {

/// One request's wish. Everything that is not one of the special paths, also a number out of
/// bounds, is `describe`.
struct backend_wish {
    enum class kind : std::uint8_t {
        describe,   ///< any path: JSON about the request
        bytes,      ///< /bytes/N: N bytes of pattern()
        events,     ///< /sse/N: N server-sent events, one every `pause` (?interval=MS)
        slow,       ///< /slow/MS: the description after `pause`
        status,     ///< /status/N: the description under status N (200 to 599)
        websocket,  ///< /ws: echo
    };

    kind what = kind::describe;
    std::uint64_t count = 0;
    std::chrono::milliseconds pause{10};

    static backend_wish read(std::string_view target);
};

/// What the description says about a request. Field names and values as they arrived.
struct backend_request {
    std::string_view backend;
    std::string_view method;
    std::string_view target;
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    std::uint64_t body_bytes = 0;
};

/// `{"backend":...,"method":...,"path":...,"headers":{...},"body_bytes":N}` and a newline. Fields
/// of one name become one entry, values joined by ", ", under the first spelling. Bytes above 0x7f
/// are written as \u00XX.
std::string describe(const backend_request& request);

/// The block /bytes repeats. Its length is a prime, so that a lost or doubled read shows in a
/// checksum.
std::string_view pattern();

}  // namespace sluice::commands
