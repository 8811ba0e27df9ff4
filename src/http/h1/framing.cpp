// SPDX-License-Identifier: Apache-2.0
// One rule a function, each beside its section.
#include "http/h1/framing.hpp"

#include "sluice/base/strings.hpp"

namespace sluice::http::h1 {

namespace {

enum class coding { none, chunked, unknown_before_chunked, malformed };

// RFC 9112 sections 6.1 and 7.1: chunked stands once, last and without parameters. We decode
// nothing but chunked, so anything else is either not ours to do (501) or ambiguous (400).
coding read_codings(const single_field& transfer_encoding) {
    if (transfer_encoding.count == 0)
        return coding::none;
    if (transfer_encoding.count > 1)
        return coding::malformed;
    if (iequals(transfer_encoding.value, "chunked"))
        return coding::chunked;
    std::string_view rest = transfer_encoding.value;
    for (std::size_t comma; (comma = rest.find(',')) != std::string_view::npos;
         rest.remove_prefix(comma + 1)) {
        const std::string_view item = trim(rest.substr(0, comma));
        if (!is_token(item) || iequals(item, "chunked"))
            return coding::malformed;
    }
    return iequals(trim(rest), "chunked") ? coding::unknown_before_chunked : coding::malformed;
}

verdict malformed(std::string_view reason) { return {errc::bad_request, reason}; }

// RFC 9110 section 8.6 allows a repeated equal value to be collapsed; not every reader does.
verdict read_length(const single_field& content_length, std::optional<std::uint64_t>& length) {
    if (content_length.count == 0)
        return {};
    if (content_length.count > 1)
        return malformed("more than one Content-Length");
    length = parse_length(content_length.value);
    return length ? verdict{} : malformed("Content-Length is not a number");
}

// RFC 9112 section 6.1: chunked is not known to HTTP/1.0, and both fields at once are an attack or
// a fault.
verdict check_chunked_allowed(const field_sorter& fields, version received) {
    if (received.minor_number == 0)
        return malformed("Transfer-Encoding on HTTP/1.0");
    if (fields.content_length().count != 0)
        return malformed("Transfer-Encoding and Content-Length together");
    return {};
}

verdict read_coding(const field_sorter& fields, version received, coding& found) {
    found = read_codings(fields.transfer_encoding());
    if (found == coding::none)
        return {};
    if (const verdict v = check_chunked_allowed(fields, received); !v.good())
        return v;
    if (found == coding::malformed)
        return malformed("Transfer-Encoding is not exactly chunked");
    if (found == coding::unknown_before_chunked)
        return {errc::not_implemented, "a transfer coding other than chunked"};
    return {};
}

framing with_length(std::uint64_t length) { return {framing::kind::length, length}; }

// RFC 9112 section 6.3, rule 1: these end with their head whatever their fields say.
bool never_has_body(unsigned status, method verb) noexcept {
    return verb == method::head || status == 304 || status == 204 ||
           (status >= 100 && status < 200);
}

// RFC 9110 section 8.6 and RFC 9112 section 6.1 forbid both fields on 1xx and 204. A node that
// sends them may send a body too, which would be read as the next response: such a connection is
// not used again. On HEAD and 304 they describe what a GET would have brought.
verdict frame_bodiless(coding found, std::optional<std::uint64_t> length, response_head& head) {
    head.body = {};
    const bool claims_body = found == coding::chunked || length.value_or(0) > 0;
    if (head.informational())
        return claims_body ? malformed("a 1xx response with a body") : verdict{};
    if (head.status == 204) {
        if (found == coding::chunked || length)
            head.keep_alive = false;
    } else {
        head.declared_length = length;
    }
    return {};
}

}  // namespace

verdict frame_request(const field_sorter& fields, request_head& head) {
    coding found{};
    std::optional<std::uint64_t> length;
    if (const verdict v = read_coding(fields, head.received, found); !v.good())
        return v;
    if (const verdict v = read_length(fields.content_length(), length); !v.good())
        return v;
    if (found == coding::chunked)
        head.body = {framing::kind::chunked};
    else if (length)
        head.body = with_length(*length);
    else
        head.body = {};
    return {};
}

verdict frame_response(const field_sorter& fields, method verb, response_head& head) {
    coding found{};
    std::optional<std::uint64_t> length;
    if (const verdict v = read_coding(fields, head.received, found); !v.good())
        return v;
    if (const verdict v = read_length(fields.content_length(), length); !v.good())
        return v;
    if (never_has_body(head.status, verb))
        return frame_bodiless(found, length, head);
    if (found == coding::chunked) {
        head.body = {framing::kind::chunked};
    } else if (length) {
        head.declared_length = length;
        head.body = with_length(*length);
    } else {
        head.body = {framing::kind::until_close};
        head.keep_alive = false;
    }
    return {};
}

}  // namespace sluice::http::h1
