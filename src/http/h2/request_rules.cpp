// SPDX-License-Identifier: Apache-2.0
// A whole header block is judged: each rule beside its section, in the order of harm.
#include "http/h2/request_reader.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/http/target.hpp"

#include <algorithm>
#include <optional>

namespace sluice::http::h2 {

namespace {

constexpr std::string_view no_slash = ":path without a leading slash";

judgement malformed(std::string_view reason) {
    return {judgement::kind::malformed, errc::bad_request, reason};
}

judgement refused(errc code, std::string_view reason) {
    return {judgement::kind::refused, code, reason};
}

}  // namespace

// RFC 9113 section 8.5 and RFC 8441 section 4.
std::string_view request_reader::check_connect() const {
    if (!has(protocol_text))
        return has(scheme_text) || has(path_text) || !has(authority_text)
                   ? "CONNECT with other than :method and :authority"
                   : std::string_view{};
    if (!has(scheme_text) || !has(path_text) || !has(authority_text))
        return "a pseudo field is missing";
    return of(path_text).front() == '/' ? std::string_view{} : no_slash;
}

// RFC 9113 section 8.3.1.
std::string_view request_reader::check_pseudo_fields() const {
    if (!has(method_text))
        return "no :method";
    if (!is_token(of(method_text)))
        return ":method is not a token";
    if (of(method_text) == "CONNECT")
        return check_connect();
    if (has(protocol_text))
        return ":protocol without CONNECT";
    if (!has(scheme_text) || !has(path_text))
        return "a pseudo field is missing";
    return of(path_text).front() == '/' || of(path_text) == "*" ? std::string_view{} : no_slash;
}

// RFC 9113 section 8.2.2.
std::string_view request_reader::check_connection_fields() {
    for (const auto id : {field_id::connection, field_id::keep_alive, field_id::proxy_connection,
                          field_id::upgrade})
        if (sorter_->saw(id))
            return "a connection-specific field";
    if (sorter_->transfer_encoding().count != 0)
        return "a connection-specific field";
    if (!sorter_->saw(field_id::te))
        return {};
    for (const field& one : *fields_)
        if (one.id == field_id::te && !iequals(one.value, "trailers"))
            return "TE with more than trailers";
    head_->trailers_wanted = true;
    return {};
}

// RFC 9113 section 8.1.1: a length that is none, or that cannot come true.
std::string_view request_reader::frame(block_end end) {
    const auto& length = sorter_->content_length();
    const bool ends = end == block_end::stream_ends;
    if (length.count == 0) {
        if (!ends && head_->upgrade.empty())
            head_->body = {framing::kind::chunked};
        return {};
    }
    const auto value = length.count == 1 ? parse_length(length.value) : std::nullopt;
    if (!value)
        return "Content-Length is not one number";
    if ((ends || !head_->upgrade.empty()) && *value != 0)
        return "Content-Length without content";
    if (!ends)
        head_->body = {framing::kind::length, *value};
    return {};
}

verdict request_reader::check_target(arena& room) {
    if (!iequals(of(scheme_text), "http") && !iequals(of(scheme_text), "https"))
        return {errc::bad_request, ":scheme is neither http nor https"};
    const auto parsed = parse_target(of(path_text), head_->verb, room);
    if (!parsed)
        return {errc::bad_request, "the target is malformed"};
    if (parsed->rewritten && rules_.paths == path_policy::reject)
        return {errc::bad_request, "the path is not canonical"};
    head_->path = parsed->path;
    head_->query = parsed->query;
    head_->has_query = parsed->has_query;
    return {};
}

// RFC 9113 section 8.3.1: :authority, or Host without it; both name the same.
verdict request_reader::check_authority(arena& room) {
    const auto& host = sorter_->host();
    if (host.count > 1)
        return {errc::bad_request, "more than one Host"};
    if (host.count == 0 && !has(authority_text))
        return {errc::bad_request, "neither :authority nor Host"};
    head_->authority = has(authority_text) ? of(authority_text) : host.value;
    const auto parsed =
        head_->authority.empty() ? std::nullopt : parse_authority(head_->authority, room);
    if (!parsed)
        return {errc::bad_request, ":authority is malformed"};
    head_->host = parsed->host;
    if (host.count == 0 || !has(authority_text))
        return {};
    const auto named = host.value.empty() ? std::nullopt : parse_authority(host.value, room);
    const auto* const port = iequals(of(scheme_text), "https") ? "443" : "80";
    return named && same_authority(*parsed, *named, port)
               ? verdict{}
               : verdict{errc::bad_request, "Host differs from :authority"};
}

// RFC 9113 section 8.2.3: crumbs are one field to whoever speaks HTTP/1.
void request_reader::join_cookies(arena& room) {
    constexpr std::string_view separator = "; ";
    std::size_t size = 0;
    unsigned crumbs = 0;
    for (const field& one : *fields_)
        if (one.id == field_id::cookie) {
            size += one.value.size() + separator.size();
            ++crumbs;
        }
    if (crumbs < 2)
        return;
    char* const text = room.allocate(size);
    char* at = text;
    field* whole = nullptr;
    for (field& one : *fields_) {
        if (one.id != field_id::cookie)
            continue;
        if (at != text)
            at = std::ranges::copy(separator, at).out;
        at = std::ranges::copy(one.value, at).out;
        if (whole == nullptr)
            whole = &one;
        else
            one.hop_by_hop = true;  // goes no further
    }
    whole->value = {text, static_cast<std::size_t>(at - text)};
}

judgement request_reader::end(block_end end, arena& room) {
    if (!malformed_.empty())
        return malformed(malformed_);
    auto& head = *head_;
    if (has(method_text))
        head.verb = verb_of(of(method_text));  // an answer to HEAD has no content, whatever it says
    if (too_large_)
        return refused(errc::head_too_large, {});
    if (const auto why = check_pseudo_fields(); !why.empty())
        return malformed(why);
    if (const auto why = check_connection_fields(); !why.empty())
        return malformed(why);
    head.method_name = of(method_text);
    if (has(protocol_text)) {
        if (!iequals(of(protocol_text), "websocket"))
            return refused(errc::not_implemented, "a :protocol other than websocket");
        head.verb = method::get;
        head.method_name = "GET";
        head.upgrade = "websocket";
    }
    if (const auto why = frame(end); !why.empty())
        return malformed(why);
    if (const auto v = check_method(head.verb); !v.good())
        return refused(v.code, v.reason);
    if (!refused_field_.empty())
        return refused(errc::bad_request, refused_field_);
    if (const auto v = check_target(room); !v.good())
        return refused(v.code, v.reason);
    if (const auto v = check_authority(room); !v.good())
        return refused(v.code, v.reason);
    if (const auto v = check_expect(*sorter_, head); !v.good())
        return refused(v.code, v.reason);
    if (sorter_->saw(field_id::cookie))
        join_cookies(room);
    return {};
}

// RFC 9113 section 8.1: trailers end their stream.
judgement request_reader::end_trailers(block_end end) const {
    if (!malformed_.empty())
        return malformed(malformed_);
    if (end != block_end::stream_ends)
        return malformed("trailers that do not end the stream");
    return too_large_ ? malformed("the trailers are too large") : judgement{};
}

}  // namespace sluice::http::h2
