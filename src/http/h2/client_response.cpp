// SPDX-License-Identifier: Apache-2.0
#include "http/h2/client_response.hpp"

#include "http/hop_by_hop.hpp"
#include "http/message_rules.hpp"
#include "http/trailer_names.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/http/local_reply.hpp"

#include <utility>

namespace sluice::http::h2 {

namespace {

// Heads that may wait to be taken: more 1xx ones than the gateway passes on (proxy/attempt.cpp),
// and not as many as a node likes to send at once.
constexpr std::size_t most_heads = 20;

// What a line of HTTP/1 has beside name and value: the limits mean the same on both protocols.
constexpr std::size_t line_overhead = 4;

bool never_has_body(unsigned status, method verb) noexcept {
    return verb == method::head || status == 204 || status == 304;
}

}  // namespace

void client_response::begin(method verb, const limits& bounds) {
    verb_ = verb;
    bounds_ = bounds;
    texts_.reset();
    trailers_.clear();
    next_ = count_ = 0;
    final_seen_ = false;
}

void client_response::begin_section() {
    section_bytes_ = section_fields_ = 0;
    if (final_seen_)
        return;
    if (next_ == count_)
        next_ = count_ = 0;
    if (count_ == heads_.size())
        heads_.emplace_back();
    auto& head = heads_[count_];
    head.clear();
    head.received = {2, 0};
}

std::string_view client_response::measure(std::string_view name, std::string_view value) {
    const auto line = name.size() + value.size() + line_overhead;
    section_bytes_ += line;
    if (line > bounds_.line || section_bytes_ > bounds_.head)
        return "a head over the limit";
    if (name.front() != ':' && ++section_fields_ > bounds_.headers)
        return "too many fields";
    return {};
}

std::string_view client_response::add_status(std::string_view value) {
    auto& status = heads_[count_].status;
    if (value.size() != 3 || value[0] < '1' || !is_digit(value[0]) || !is_digit(value[1]) ||
        !is_digit(value[2]))
        return "the status is no number";
    status = static_cast<unsigned>((value[0] - '0') * 100 + (value[1] - '0') * 10 + value[2] - '0');
    return {};
}

std::string_view client_response::add_length(std::string_view value) {
    auto& length = heads_[count_].declared_length;
    if (length)
        return "more than one Content-Length";
    length = parse_length(value);
    return length ? std::string_view{} : "Content-Length is not a number";
}

std::string_view client_response::add(std::string_view name, std::string_view value) {
    if (name.empty())
        return "a field without a name";
    if (const auto wrong = measure(name, value); !wrong.empty())
        return wrong;
    if (final_seen_) {
        if (may_be_trailer(name))
            trailers_.add(texts_.keep(name), texts_.keep(value));
        return {};
    }
    if (name == ":status")
        return add_status(value);
    if (name.front() == ':')
        return {};
    const auto id = identify(name);
    if (id == field_id::content_length)
        return add_length(value);
    heads_[count_].fields.add(field{texts_.keep(name), texts_.keep(value), id, is_hop_by_hop(id)});
    return {};
}

// RFC 9113 section 8.1.1: a response without DATA frames is none of unknown length. Whether the
// length and the DATA frames agree is looked at by nghttp2 as they come.
void client_response::frame(response_head& head, bool last) const {
    head.reason = reason_phrase(head.status);
    if (head.informational() || never_has_body(head.status, verb_)) {
        head.body = {};
        if (head.informational() || head.status == 204)
            head.declared_length.reset();
    } else if (last) {
        head.body = {framing::kind::length, 0};
    } else if (head.declared_length) {
        head.body = {framing::kind::length, *head.declared_length};
    } else {
        head.body = {framing::kind::chunked};
    }
}

std::string_view client_response::end_section(bool last) {
    if (final_seen_)
        return last ? std::string_view{} : "trailers before the end";
    auto& head = heads_[count_];
    if (head.status == 101)  // RFC 9113 section 8.6
        return "a 101, which HTTP/2 has not";
    if (head.informational() && last)
        return "an end without a final head";
    frame(head, last);
    final_seen_ = !head.informational();
    if (++count_ > most_heads)
        return "too many 1xx heads";
    return {};
}

bool client_response::take_head(response_head& head) {
    if (next_ == count_)
        return false;
    std::swap(head, heads_[next_++]);  // the place stays: behind it another may be half here
    return true;
}

}  // namespace sluice::http::h2
