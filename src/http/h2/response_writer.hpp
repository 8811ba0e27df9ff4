// SPDX-License-Identifier: Apache-2.0
// Response heads and trailers as the name-value pairs nghttp2 compresses. It copies them and turns
// names to lower case on the way, so these are views only. Used by server_stream.
#pragma once

#include "sluice/http/head.hpp"

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::http::h2 {

/// Keeps its memory between heads. The pairs live until the next call and as long as what they were
/// made from.
class response_writer {
public:
    using pairs = std::span<const nghttp2_nv>;

    /// `length` is told as Content-Length. A 101 becomes the 200 of RFC 8441 section 5.
    pairs head(const response_head&, std::optional<std::uint64_t> length, std::string_view date,
               std::string_view request_id);
    pairs informational(const response_head&);
    pairs trailers(const header_list&);

private:
    void begin(unsigned status);
    void put(std::string_view name, std::string_view value);

    std::vector<nghttp2_nv> pairs_;
    std::array<char, 3> status_{};
    std::array<char, 20> length_{};
};

}  // namespace sluice::http::h2
