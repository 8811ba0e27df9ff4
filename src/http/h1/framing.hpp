// SPDX-License-Identifier: Apache-2.0
// How long a body is: the rules of RFC 9112 section 6 and RFC 9110 section 8.6, where request
// smuggling lives. Stricter than the RFC allows wherever two readers could disagree.
#pragma once

#include "http/h1/field_sorter.hpp"
#include "sluice/base/error.hpp"
#include "sluice/http/head.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::http::h1 {

/// What is wrong with a head: nothing while `reason` is empty.
struct verdict {
    errc code = errc::bad_request;
    std::string_view reason;

    bool good() const noexcept { return reason.empty(); }
};

/// Content-Length's value: digits only, below 2^63. Leading zeros are fine.
std::optional<std::uint64_t> parse_length(std::string_view text) noexcept;

/// Sets head.body. head.received must be set.
verdict frame_request(const field_sorter&, request_head&);

/// Sets head.body and head.declared_length, and takes keep_alive away where the node's message is
/// in doubt or ends with its connection. head.status, .received and .keep_alive must be set.
verdict frame_response(const field_sorter&, method verb, response_head&);

}  // namespace sluice::http::h1
