// SPDX-License-Identifier: Apache-2.0
// The heads and trailers of one response as their fields come: bounded, validated, in the model all
// codecs share. nghttp2 has already refused what HTTP/2 itself forbids (malformed names and values,
// connection fields, pseudo fields out of place). Used by client_stream.
#pragma once

#include "sluice/base/arena.hpp"
#include "sluice/http/head.hpp"
#include "sluice/http/limits.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace sluice::http::h2 {

class client_response {
public:
    /// Begins anew.
    void begin(method verb, const limits& bounds);

    /// A HEADERS frame begins: a head, or the trailers once the final head was seen.
    void begin_section();
    /// One of its fields. Static text says what is wrong with it; empty when nothing is.
    std::string_view add(std::string_view name, std::string_view value);
    /// It ended, `last` with the whole response. As add().
    std::string_view end_section(bool last);

    /// The final head came.
    bool final_seen() const noexcept { return final_seen_; }
    /// Moves the next head that was not taken yet into `head`; false when there is none.
    bool take_head(response_head& head);
    /// Null without any.
    const header_list* trailers() const noexcept {
        return trailers_.empty() ? nullptr : &trailers_;
    }

private:
    std::string_view add_status(std::string_view value);
    std::string_view add_length(std::string_view value);
    std::string_view measure(std::string_view name, std::string_view value);
    void frame(response_head&, bool last) const;

    arena texts_;
    limits bounds_;  // its own: a stream outlasts the table they came from
    method verb_ = method::get;
    std::vector<response_head> heads_;  // their lists keep their memory
    std::size_t next_ = 0;              // to be taken
    std::size_t count_ = 0;             // of heads_ in use
    header_list trailers_;
    std::size_t section_bytes_ = 0;
    std::size_t section_fields_ = 0;
    bool final_seen_ = false;
};

}  // namespace sluice::http::h2
