// SPDX-License-Identifier: Apache-2.0
#include "http/h2/response_writer.hpp"

#include "http/passage.hpp"
#include "sluice/base/strings.hpp"

#include <charconv>

namespace sluice::http::h2 {

namespace {

// RFC 8441 section 5.1: the handshake of the HTTP/1 side has no place in the answer.
bool is_handshake(std::string_view name) noexcept { return iequals(name, "sec-websocket-accept"); }

}  // namespace

void response_writer::put(std::string_view name, std::string_view value) {
    // nghttp2 only reads them, and takes pointers to what is not const.
    const auto bytes = [](std::string_view text) {
        return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
    };
    pairs_.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
}

void response_writer::begin(unsigned status) {
    pairs_.clear();
    for (auto at = status_.rbegin(); at != status_.rend(); ++at, status /= 10)
        *at = static_cast<char>('0' + status % 10);
    put(":status", {status_.data(), status_.size()});
}

response_writer::pairs response_writer::head(const response_head& head,
                                             std::optional<std::uint64_t> length,
                                             std::string_view date, std::string_view request_id) {
    const bool switched = head.status == 101;
    begin(switched ? 200 : head.status);
    bool dated = false;
    for (const field& one : head.fields) {
        if (!goes_to_client(one) || (one.id == field_id::x_request_id && !request_id.empty()) ||
            (switched && is_handshake(one.name)))
            continue;
        dated |= one.id == field_id::date;
        put(one.name, one.value);
    }
    if (!dated)
        put("date", date);
    if (!request_id.empty())
        put("x-request-id", request_id);
    if (length) {
        const auto* const end =
            std::to_chars(length_.data(), length_.data() + length_.size(), *length).ptr;
        put("content-length", {length_.data(), static_cast<std::size_t>(end - length_.data())});
    }
    return pairs_;
}

response_writer::pairs response_writer::informational(const response_head& head) {
    begin(head.status);
    for (const field& one : head.fields)
        if (goes_to_client(one))
            put(one.name, one.value);
    return pairs_;
}

response_writer::pairs response_writer::trailers(const header_list& fields) {
    pairs_.clear();
    for (const field& one : fields)
        put(one.name, one.value);
    return pairs_;
}

}  // namespace sluice::http::h2
