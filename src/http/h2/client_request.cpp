// SPDX-License-Identifier: Apache-2.0
// Texts are measured first: views of them are handed out while more of them are written.
#include "http/h2/client_request.hpp"

#include "http/passage.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sluice::http::h2 {

namespace {

constexpr std::size_t most_digits = 20;

std::size_t size_of_names(const header_list& fields) noexcept {
    std::size_t size = 0;
    for (const field& one : fields)
        size += one.name.size();
    return size;
}

bool is_lower(std::string_view name) noexcept {
    return std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

void client_request::begin(std::size_t texts) {
    fields_.clear();
    texts_.clear();
    texts_.reserve(texts + most_digits);
}

// nghttp2 copies both when they are submitted.
void client_request::put(std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    fields_.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
}

std::string_view client_request::keep(std::string_view text) {
    const auto at = texts_.size();
    texts_.append(text);
    return texts_.view().substr(at);
}

void client_request::put_lower(std::string_view name, std::string_view value) {
    if (is_lower(name))
        return put(name, value);
    const auto at = texts_.size();
    texts_.append(name);
    char* const copy = texts_.data() + at;
    std::transform(copy, copy + name.size(), copy, [](char c) { return to_lower(c); });
    put({copy, name.size()}, value);
}

void client_request::put_known(std::string_view name, std::string_view value) {
    if (!value.empty())
        put(name, value);
}

void client_request::put_path(const outgoing_request& request) {
    if (!request.head->has_query)
        return put(":path", request.path);
    const auto path = keep(request.path);
    texts_.append("?");
    const auto query = keep(request.head->query);
    put(":path", {path.data(), path.size() + 1 + query.size()});
}

void client_request::put_length(const outgoing_request& request) {
    const bool has_length = request.body.how == framing::kind::length;
    if (!has_length && !misses_usual_body(request))
        return;
    std::array<char, most_digits> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   has_length ? request.body.length : 0);
    put("content-length", keep({digits.data(), static_cast<std::size_t>(end.ptr - digits.data())}));
}

const std::vector<nghttp2_nv>& client_request::write(const outgoing_request& request,
                                                     std::string_view scheme) {
    const request_head& head = *request.head;
    begin(size_of_names(head.fields) + request.path.size() + 1 + head.query.size());
    put(":method", head.method_name);
    put(":scheme", scheme);
    put_known(":authority", request.authority);
    put_path(request);
    for (const field& one : head.fields)
        if (goes_to_node(one, request))
            put_lower(one.name, one.value);
    put_known("x-forwarded-for", request.forwarded_for);
    put_known("x-forwarded-proto", request.forwarded_proto);
    put_known("x-forwarded-host", request.forwarded_host);
    put_known("x-request-id", request.request_id);
    put_known("x-client-subject", request.client_subject);
    put_length(request);
    if (head.trailers_wanted)
        put("te", "trailers");
    return fields_;
}

const std::vector<nghttp2_nv>& client_request::write(const header_list& trailers) {
    begin(size_of_names(trailers));
    for (const field& one : trailers)
        put_lower(one.name, one.value);
    return fields_;
}

}  // namespace sluice::http::h2
