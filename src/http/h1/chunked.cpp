// SPDX-License-Identifier: Apache-2.0
// The decoder is a machine over bytes: every byte of a size line is looked at once and refused
// where it stands, so a bad one is never waited behind. Content is passed on as a view; only a
// trailer section is waited for as a whole.
#include "http/h1/chunked.hpp"

#include "http/h1/parse.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>
#include <limits>

namespace sluice::http::h1 {

namespace {

constexpr unsigned most_digits = 16;
// Nobody uses extensions; RFC 9112 section 7.1.1 asks for a limit, or they carry unbounded bytes
// past limits.body.
constexpr std::size_t most_chunk_extension = 1024;
constexpr std::size_t most_message_extensions = 16 * 1024;

}  // namespace

void chunk_decoder::reset() noexcept {
    part_ = part::size;
    digits_ = 0;
    left_ = 0;
    chunk_extension_ = message_extensions_ = 0;
    trailer_scan_.restart();
    broken_ = {};
    trailers_.clear();
}

chunk_decoder::step chunk_decoder::next(byte_view in, const limits& bounds) {
    std::size_t at = 0;
    for (;;) {
        if (part_ == part::broken)
            return fail(broken_);
        if (part_ == part::done)
            return {state::end, at, {}, {}};
        if (part_ == part::trailers)
            return take_trailers(in, at, bounds);
        if (at == in.size())
            return {state::need_more, at, {}, {}};
        if (part_ == part::content)
            return take_content(in, at);
        if (const std::string_view refused = take(in[at]); !refused.empty())
            return fail(refused);
        ++at;
    }
}

chunk_decoder::step chunk_decoder::fail(std::string_view reason) {
    part_ = part::broken;
    broken_ = reason;
    return {state::failed, 0, {}, reason};
}

std::string_view chunk_decoder::take(char c) {
    switch (part_) {
    case part::size:
        return take_digit(c);
    case part::size_blank:
    case part::extension:
        return take_extension(c);
    case part::size_lf:
        return c == '\n' ? end_size_line() : "a bare CR in a chunk size line";
    case part::content_cr:
        part_ = part::content_lf;
        return c == '\r' ? std::string_view{} : "a chunk is longer than its size";
    case part::content_lf:
        part_ = part::size;
        return c == '\n' ? std::string_view{} : "a bare CR behind a chunk";
    case part::content:
    case part::trailers:
    case part::done:
    case part::broken:
        break;
    }
    return "the chunked coding is malformed";
}

// RFC 9112 section 7.1: 1*HEXDIG; sizes that could overflow are refused, leading zeros are legal.
std::string_view chunk_decoder::take_digit(char c) {
    if (const int value = hex_value(c); value >= 0) {
        if (digits_ == most_digits)
            return "a chunk size of more than 16 digits";
        ++digits_;
        left_ = left_ << 4 | static_cast<std::uint64_t>(value);
        return left_ > std::numeric_limits<std::int64_t>::max() ? "a chunk size of 2^63 or more"
                                                                : std::string_view{};
    }
    if (digits_ == 0)
        return "a chunk size without digits";
    if (c != '\r' && c != ';' && !is_blank(c))
        return "a chunk size is not hexadecimal";
    part_ = part::size_blank;
    return take_extension(c);
}

// RFC 9112 section 7.1.1. White space may stand before a `;`, and some senders pad the size with
// it; what an extension says is not looked at, only that no byte of it can end the line for another
// reader.
std::string_view chunk_decoder::take_extension(char c) {
    if (c == '\r') {
        part_ = part::size_lf;
        return {};
    }
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F)
        return "a control character in a chunk size line";
    if (part_ == part::size_blank && c == ';')
        part_ = part::extension;
    else if (part_ == part::size_blank && !is_blank(c))
        return "a chunk size is not hexadecimal";
    if (++chunk_extension_ > most_chunk_extension ||
        ++message_extensions_ > most_message_extensions)
        return "chunk extensions over the limit";
    return {};
}

std::string_view chunk_decoder::end_size_line() {
    part_ = left_ == 0 ? part::trailers : part::content;
    digits_ = 0;
    chunk_extension_ = 0;
    return {};
}

chunk_decoder::step chunk_decoder::take_content(byte_view in, std::size_t at) {
    const std::size_t length =
        static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - at));
    left_ -= length;
    if (left_ == 0)
        part_ = part::content_cr;
    return {state::content, at + length, in.substr(at, length), {}};
}

chunk_decoder::step chunk_decoder::take_trailers(byte_view in, std::size_t at,
                                                 const limits& bounds) {
    const byte_view rest = in.substr(at);
    const parse_step scanned = scan_section(rest, trailer_scan_, bounds, section::trailers);
    if (scanned.at == parse_step::state::incomplete)
        return {state::need_more, at, {}, {}};
    if (scanned.at == parse_step::state::failed)
        return fail(scanned.reason);
    if (!parse_trailers(rest.substr(0, scanned.consumed), bounds, trailers_))
        return fail("a trailer field is malformed");
    part_ = part::done;
    return {state::end, at + scanned.consumed, {}, {}};
}

}  // namespace sluice::http::h1
