// SPDX-License-Identifier: Apache-2.0
// The table from errc to what a client is told (contract, "What the gateway answers itself"), and
// its JSON text.
#include "sluice/http/local_reply.hpp"

#include "sluice/base/json_writer.hpp"

#include <algorithm>
#include <array>

namespace sluice::http {

namespace {

constexpr local_reply bad_gateway(std::string_view message) {
    return {502, "bad_gateway", message};
}

// A switch without default: the compiler names the code whose row is missing.
constexpr local_reply row(errc code) {
    switch (code) {
    case errc::bad_request:
        return {400, "bad_request", "The request is malformed or ambiguous."};
    case errc::no_route:
        return {404, "no_route", "No route matches this request."};
    case errc::request_timeout:
        return {408, "request_timeout", "The request did not arrive in time."};
    case errc::body_too_large:
        return {413, "body_too_large", "The request body is larger than allowed."};
    case errc::expectation_failed:
        return {417, "expectation_failed", "Only Expect: 100-continue is supported."};
    case errc::head_too_large:
        return {431, "head_too_large", "The request head is larger than allowed."};
    case errc::not_implemented:
        return {501, "not_implemented", "The method or transfer coding is not supported."};
    case errc::version_not_supported:
        return {505, "version_not_supported", "Only HTTP/1.0 and HTTP/1.1 are spoken here."};
    case errc::no_healthy_node:
        return {503, "no_healthy_node", "The service has no node that could answer.", true};
    case errc::overloaded:
        return {503, "overloaded", "The service is overloaded.", true};
    case errc::connect_failed:
        return bad_gateway("No node of the service could be reached.");
    case errc::upstream_closed:
        return bad_gateway("The node closed the connection before its answer was complete.");
    case errc::bad_upstream_message:
        return bad_gateway("The node's answer was not valid HTTP.");
    case errc::upstream_timeout:
        return {504, "upstream_timeout", "The node did not answer in time."};
    case errc::shutting_down:
        return {503, "overloaded", "The gateway is shutting down.", true};
    // Nobody reads these answers; the rows exist for the log and the metrics.
    case errc::client_gone:
        return {499, "client_gone", "The client closed the connection."};
    case errc::client_too_slow:
        return {499, "client_gone", "The client did not read the response."};
    }
    return {500, "bad_gateway", "The gateway failed."};
}

constexpr auto first_code = static_cast<int>(errc::bad_request);
constexpr auto last_code = static_cast<int>(errc::shutting_down);

constexpr auto rows = [] {
    std::array<local_reply, last_code - first_code + 1> all{};
    for (auto code = first_code; code <= last_code; ++code)
        all[static_cast<std::size_t>(code - first_code)] = row(static_cast<errc>(code));
    return all;
}();

struct phrase {
    unsigned status;
    std::string_view text;
};

// RFC 9110 section 15, RFC 6585, RFC 8297 and the others of IANA's register that are in use; by
// status, since it is searched.
constexpr auto phrases = std::to_array<phrase>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
    {511, "Network Authentication Required"},
});
static_assert(std::ranges::is_sorted(phrases, {}, &phrase::status));

}  // namespace

const local_reply& reply_for(errc code) noexcept {
    static constexpr local_reply unknown{500, "bad_gateway", "The gateway failed."};
    const int index = static_cast<int>(code) - first_code;
    return index < 0 || index > last_code - first_code ? unknown
                                                       : rows[static_cast<std::size_t>(index)];
}

std::string reply_body(const local_reply& reply, std::string_view detail,
                       std::string_view request_id) {
    json_writer out;
    out.begin_map().key("error").begin_map();
    out.key("code").text(reply.word);
    out.key("message").text(detail.empty() ? reply.message : detail);
    out.key("request_id").text(request_id);
    out.end_map().end_map();
    return out.take();
}

std::string_view reason_phrase(unsigned status) noexcept {
    const auto* const at = std::ranges::lower_bound(phrases, status, {}, &phrase::status);
    return at != phrases.end() && at->status == status ? at->text : std::string_view{};
}

}  // namespace sluice::http
