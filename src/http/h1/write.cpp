// SPDX-License-Identifier: Apache-2.0
// Each head is measured, then written in one go. A field goes out only when nothing here writes it
// anew.
#include "http/h1/write.hpp"

#include "http/h1/head_text.hpp"
#include "http/passage.hpp"

namespace sluice::http::h1 {

namespace {

// Start line, framing, Connection, field names of our own and every line end: well below this
// together.
constexpr std::size_t fixed_texts = 512;
constexpr std::string_view field_overhead = ": \r\n";

std::size_t measure(const header_list& fields) noexcept {
    std::size_t size = fixed_texts;
    for (const field& one : fields)
        size += one.name.size() + one.value.size() + field_overhead.size();
    return size;
}

std::size_t measure(const outgoing_request& request) noexcept {
    const request_head& head = *request.head;
    return measure(head.fields) + head.method_name.size() + request.path.size() +
           head.query.size() + request.authority.size() + request.forwarded_for.size() +
           request.forwarded_proto.size() + request.forwarded_host.size() +
           request.request_id.size() + request.client_subject.size() + head.upgrade.size();
}

void put_request_line(head_text& text, const outgoing_request& request) {
    text.put(request.head->method_name).put(" ").put(request.path);
    if (request.head->has_query)
        text.put("?").put(request.head->query);
    text.put(" HTTP/1.1\r\n");
}

void put_framing(head_text& text, const framing& body) {
    if (body.how == framing::kind::chunked)
        text.put("Transfer-Encoding: chunked\r\n");
    else if (body.how == framing::kind::length)
        text.put("Content-Length: ").put_number(body.length).put("\r\n");
}

// TE is only ever about the next connection, so it goes with its Connection option (RFC 9110
// section 10.1.4).
void put_connection(head_text& text, const outgoing_request& request) {
    if (request.upgrade)
        text.put_field("Connection", "upgrade").put_field("Upgrade", request.head->upgrade);
    else if (request.head->trailers_wanted)
        text.put("Connection: TE\r\nTE: trailers\r\n");
}

void put_status_line(head_text& text, const response_head& head) {
    text.put("HTTP/1.1 ").put_number(head.status).put(" ").put(head.reason).put("\r\n");
}

void put_persistence(head_text& text, const response_head& head, persistence how) {
    switch (how) {
    case persistence::keep_alive:
        return;
    case persistence::close:
        text.put("Connection: close\r\n");
        return;
    case persistence::keep_alive_1_0:
        text.put("Connection: keep-alive\r\n");
        return;
    case persistence::upgrade:
        text.put_field("Connection", "upgrade").put_field("Upgrade", head.upgrade);
        return;
    }
}

// The length a GET would have had; never on 1xx and 204 (RFC 9110 section 8.6).
void put_response_framing(head_text& text, const response_head& head, const framing& body) {
    if (head.informational() || head.status == 204)
        return;
    if (body.how == framing::kind::none && head.declared_length)
        put_framing(text, {framing::kind::length, *head.declared_length});
    else
        put_framing(text, body);
}

void put_response_fields(head_text& text, const response_head& head, std::string_view date,
                         std::string_view request_id) {
    bool dated = false;
    for (const field& one : head.fields) {
        if (!goes_to_client(one) || (one.id == field_id::x_request_id && !request_id.empty()))
            continue;
        dated |= one.id == field_id::date;
        text.put_field(one.name, one.value);
    }
    if (!dated)
        text.put_known("Date", date);
    text.put_known("X-Request-Id", request_id);
}

}  // namespace

void write_request(byte_buffer& out, const outgoing_request& request) {
    head_text text{out, measure(request)};
    put_request_line(text, request);
    text.put_field("Host", request.authority);
    for (const field& one : request.head->fields)
        if (goes_to_node(one, request))
            text.put_field(one.name, one.value);
    text.put_known("X-Forwarded-For", request.forwarded_for);
    text.put_known("X-Forwarded-Proto", request.forwarded_proto);
    text.put_known("X-Forwarded-Host", request.forwarded_host);
    text.put_known("X-Request-Id", request.request_id);
    text.put_known("X-Client-Subject", request.client_subject);
    put_framing(text,
                misses_usual_body(request) ? framing{framing::kind::length, 0} : request.body);
    put_connection(text, request);
    text.put("\r\n");
}

void write_response(byte_buffer& out, const response_head& head, const framing& body,
                    persistence how, std::string_view date, std::string_view request_id) {
    head_text text{out, measure(head.fields) + head.reason.size() + head.upgrade.size() +
                            date.size() + request_id.size()};
    put_status_line(text, head);
    put_response_fields(text, head, date, request_id);
    put_response_framing(text, head, body);
    put_persistence(text, head, how);
    text.put("\r\n");
}

void write_informational(byte_buffer& out, const response_head& head) {
    head_text text{out, measure(head.fields) + head.reason.size()};
    put_status_line(text, head);
    for (const field& one : head.fields)
        if (goes_to_client(one))
            text.put_field(one.name, one.value);
    text.put("\r\n");
}

void write_chunk_size(byte_buffer& out, std::uint64_t size) {
    head_text text{out, head_text::most_digits + 2};
    text.put_number(size, 16).put("\r\n");
}

void write_last_chunk(byte_buffer& out, const header_list* trailers) {
    head_text text{out, fixed_texts + (trailers == nullptr ? 0 : measure(*trailers))};
    text.put("0\r\n");
    if (trailers != nullptr)
        for (const field& one : *trailers)
            text.put_field(one.name, one.value);
    text.put("\r\n");
}

}  // namespace sluice::http::h1
