// SPDX-License-Identifier: Apache-2.0
// What HTTP itself asks of a message, however it is written on the wire: the rules both codecs
// judge heads and trailers by.
#pragma once

#include "http/field_sorter.hpp"
#include "sluice/base/error.hpp"
#include "sluice/http/head.hpp"
#include "sluice/http/limits.hpp"
#include "sluice/http/listener.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::http {

/// What a head is read against.
struct head_rules {
    limits bounds;
    underscore_policy underscores = underscore_policy::drop_aliases;
    path_policy paths = path_policy::rewrite;
};

/// What is wrong with a head: nothing while `reason` is empty.
struct verdict {
    errc code = errc::bad_request;
    std::string_view reason;

    bool good() const noexcept { return reason.empty(); }
};

/// Method names are case-sensitive (RFC 9110 section 9.1): "get" is some other method.
method verb_of(std::string_view name) noexcept;

/// Content-Length's value: digits only, below 2^63. Leading zeros are fine.
std::optional<std::uint64_t> parse_length(std::string_view text) noexcept;

/// CONNECT and TRACE are not for a gateway.
verdict check_method(method) noexcept;

/// RFC 9110 section 10.1.1. Sets head.expects_continue.
verdict check_expect(const field_sorter&, request_head&);

}  // namespace sluice::http
