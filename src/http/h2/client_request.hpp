// SPDX-License-Identifier: Apache-2.0
// A request for a node as HTTP/2 has it: pseudo fields, end-to-end fields in lower case, what the
// gateway writes anew (RFC 9113 section 8.3.1). The counterpart of h1/write.cpp. Used by
// client_stream.
#pragma once

#include "sluice/base/byte_buffer.hpp"
#include "sluice/http/outgoing.hpp"

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace sluice::http::h2 {

/// Keeps its memory between requests. What it holds are views into the request and into its own
/// texts, good until the next call.
class client_request {
public:
    const std::vector<nghttp2_nv>& write(const outgoing_request&, std::string_view scheme);
    const std::vector<nghttp2_nv>& write(const header_list& trailers);

private:
    void begin(std::size_t texts);
    void put(std::string_view name, std::string_view value);
    void put_lower(std::string_view name, std::string_view value);
    void put_known(std::string_view name, std::string_view value);
    void put_path(const outgoing_request&);
    void put_length(const outgoing_request&);
    std::string_view keep(std::string_view text);

    std::vector<nghttp2_nv> fields_;
    byte_buffer texts_;  // reserved before anything is put, so that nothing moves
};

}  // namespace sluice::http::h2
