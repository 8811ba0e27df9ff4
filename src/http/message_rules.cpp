// SPDX-License-Identifier: Apache-2.0
// One rule a function, each beside its section.
#include "http/message_rules.hpp"

#include "sluice/base/strings.hpp"

#include <charconv>
#include <limits>

namespace sluice::http {

method verb_of(std::string_view name) noexcept {
    switch (name.size()) {
    case 3:
        return name == "GET" ? method::get : name == "PUT" ? method::put : method::other;
    case 4:
        return name == "POST" ? method::post : name == "HEAD" ? method::head : method::other;
    case 5:
        return name == "PATCH" ? method::patch : name == "TRACE" ? method::trace : method::other;
    case 6:
        return name == "DELETE" ? method::delete_ : method::other;
    case 7:
        return name == "OPTIONS"   ? method::options
               : name == "CONNECT" ? method::connect
                                   : method::other;
    default:
        return method::other;
    }
}

std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size() ||
        value > std::numeric_limits<std::int64_t>::max())
        return std::nullopt;
    return value;
}

// A gateway is no tunnel to anywhere, and TRACE would show a client what we add for the node (RFC
// 9110 section 9.3.8).
verdict check_method(method verb) noexcept {
    if (verb == method::connect)
        return {errc::not_implemented, "CONNECT is not supported"};
    if (verb == method::trace)
        return {errc::not_implemented, "TRACE is not supported"};
    return {};
}

// RFC 9110 section 10.1.1. HTTP/1.0 knows no 100 response: its expectation ends here.
verdict check_expect(const field_sorter& sorter, request_head& head) {
    if (!sorter.saw(field_id::expect))
        return {};
    for (field& one : head.fields) {
        if (one.id != field_id::expect)
            continue;
        if (!iequals(one.value, "100-continue"))
            return {errc::expectation_failed, "an Expect other than 100-continue"};
        if (head.received.is_1_0())
            one.hop_by_hop = true;
        else
            head.expects_continue = true;
    }
    return {};
}

}  // namespace sluice::http
