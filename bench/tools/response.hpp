// SPDX-License-Identifier: Apache-2.0
// The head of a response as the bench's clients need it. Nothing is forgiven: what they do not
// understand is an error of the proxy.
#pragma once

#include <strings.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

struct response_head {
    int status = 0;
    std::size_t size = 0;  // of the head
    std::optional<std::uint64_t> length;
    bool chunked = false;
    bool close = false;
};

inline bool begins_with(std::string_view line, std::string_view name) {
    return line.size() >= name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

/// Nothing while it is not whole; status 0: not a head at all.
inline std::optional<response_head> read_response_head(std::string_view bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos)
        return std::nullopt;
    response_head got;
    got.size = end + 4;
    auto head = bytes.substr(0, end + 2);
    if (head.starts_with("HTTP/1.1 ") && head.size() > 12)
        std::from_chars(head.data() + 9, head.data() + 12, got.status);
    for (auto at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n")) {
        head.remove_prefix(at + 2);
        const auto line = head.substr(0, head.find("\r\n"));
        if (begins_with(line, "content-length: ")) {
            std::uint64_t length = 0;
            std::from_chars(line.data() + 16, line.data() + line.size(), length);
            got.length = length;
        } else if (begins_with(line, "transfer-encoding: chunked")) {
            got.chunked = true;
        } else if (begins_with(line, "connection: close")) {
            got.close = true;
        }
    }
    return got;
}

}  // namespace bench
