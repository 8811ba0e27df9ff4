// SPDX-License-Identifier: Apache-2.0
// The table from errc to what a client is told (contract, "What the gateway answers itself"), and
// its JSON text.
#include "sluice/http/local_reply.hpp"

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
    case errc::misdirected:
        return {421, "misdirected", "This host needs a TLS connection of its own."};
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
    // Nobody reads these answers; the rows exist for the log and the metrics.
    case errc::client_gone:
        return {499, "client_gone", "The client closed the connection."};
    case errc::client_too_slow:
        return {499, "client_gone", "The client did not read the response."};
    case errc::shutting_down:
        return {503, "overloaded", "The gateway is shutting down.", true};
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

// The length of the well-formed UTF-8 sequence at the front of `text`, 0 when there is none (RFC
// 3629 section 4).
std::size_t utf8_sequence(std::string_view text) {
    const auto byte = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned lead = byte(0);
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return tail(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;   // no overlong forms
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;  // no surrogates
        return byte(1) >= low && byte(1) <= high && tail(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
        return byte(1) >= low && byte(1) <= high && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

void append_unicode_escape(std::string& out, unsigned code) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U})
        out += digits[(code >> shift) & 0xFU];
}

// A JSON string of any bytes: what is not UTF-8 becomes U+FFFD, so the answer is valid JSON
// whatever a client sent.
void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        const auto c = static_cast<unsigned char>(text[0]);
        if (length == 0)
            append_unicode_escape(out, 0xFFFD);
        else if (c == '"' || c == '\\')
            (out += '\\') += text[0];
        else if (c < 0x20 || c == 0x7F)
            append_unicode_escape(out, c);
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

}  // namespace

const local_reply& reply_for(errc code) noexcept {
    static constexpr local_reply unknown{500, "bad_gateway", "The gateway failed."};
    const int index = static_cast<int>(code) - first_code;
    return index < 0 || index > last_code - first_code ? unknown
                                                       : rows[static_cast<std::size_t>(index)];
}

std::string_view log_word(errc code) noexcept {
    return code == errc::upstream_closed ? "upstream_closed" : reply_for(code).word;
}

std::string reply_body(const local_reply& reply, std::string_view detail,
                       std::string_view request_id) {
    std::string body;
    body.reserve(128);
    body += R"({"error":{"code":)";
    append_json_text(body, reply.word);
    body += R"(,"message":)";
    append_json_text(body, detail.empty() ? reply.message : detail);
    body += R"(,"request_id":)";
    append_json_text(body, request_id);
    body += "}}";
    return body;
}

std::string_view reason_phrase(unsigned status) noexcept {
    switch (status) {
    case 100:
        return "Continue";
    case 101:
        return "Switching Protocols";
    case 102:
        return "Processing";
    case 103:
        return "Early Hints";
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 203:
        return "Non-Authoritative Information";
    case 204:
        return "No Content";
    case 205:
        return "Reset Content";
    case 206:
        return "Partial Content";
    case 300:
        return "Multiple Choices";
    case 301:
        return "Moved Permanently";
    case 302:
        return "Found";
    case 303:
        return "See Other";
    case 304:
        return "Not Modified";
    case 307:
        return "Temporary Redirect";
    case 308:
        return "Permanent Redirect";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 402:
        return "Payment Required";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 407:
        return "Proxy Authentication Required";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 411:
        return "Length Required";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 416:
        return "Range Not Satisfiable";
    case 417:
        return "Expectation Failed";
    case 421:
        return "Misdirected Request";
    case 422:
        return "Unprocessable Content";
    case 425:
        return "Too Early";
    case 426:
        return "Upgrade Required";
    case 428:
        return "Precondition Required";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 451:
        return "Unavailable For Legal Reasons";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    case 505:
        return "HTTP Version Not Supported";
    case 507:
        return "Insufficient Storage";
    case 511:
        return "Network Authentication Required";
    default:
        return "";
    }
}

}  // namespace sluice::http
