// SPDX-License-Identifier: Apache-2.0
// The scanner: jumps from control byte to control byte, because in an honest head these are only the line ends.
#include "http/h1/scan.hpp"

#include "http/text.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::http::h1 {

namespace {

// RFC 9112 section 2.2 asks for one; some clients send two after a POST body.
constexpr std::size_t most_leading_lines = 4;

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// The first control byte at or after `from`, or bytes.size(). Sixteen at a time: a byte loop costs as much as the
// whole rest of reading a head.
std::size_t next_control(byte_view bytes, std::size_t from) noexcept {
#ifdef __SSE2__
    const __m128i highest_control = _mm_set1_epi8(0x1F);
    const __m128i del = _mm_set1_epi8(0x7F);
    for (; from + 16 <= bytes.size(); from += 16) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + from));
        const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(block, highest_control), block);
        const auto hits = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(block, del))));
        if (hits != 0)
            return from + static_cast<std::size_t>(std::countr_zero(hits));
    }
#endif
    while (from < bytes.size() && !is_control(bytes[from]))
        ++from;
    return from;
}

parse_step too_large(std::string_view reason) {
    return parse_step::failed(errc::head_too_large, reason);
}

parse_step malformed(std::string_view reason) {
    return parse_step::failed(errc::bad_request, reason);
}

// "HTTP/" DIGIT "." DIGIT (RFC 9112 section 2.3). A higher minor version of 1 is read as 1.1.
std::optional<parse_step> check_version(byte_view version) {
    const auto digit = [version](std::size_t at) { return version[at] >= '0' && version[at] <= '9'; };
    if (version.size() != 8 || !version.starts_with("HTTP/") || !digit(5) || version[6] != '.' || !digit(7))
        return malformed("no HTTP version on the start line");
    if (version[5] > '1')
        return parse_step::failed(errc::version_not_supported, "not HTTP/1");
    if (version[5] == '0')
        return malformed("HTTP/0.9 is not spoken");
    return std::nullopt;
}

// Looked at as soon as the line is whole: a sender of HTTP/0.9, HTTP/2 or another protocol need not be waited for.
std::optional<parse_step> check_start_line(byte_view line, section what) {
    if (what == section::response)
        return check_version(line.substr(0, 8));
    const std::size_t space = line.rfind(' ');
    return check_version(space == byte_view::npos ? byte_view{} : line.substr(space + 1));
}

class scanner {
public:
    scanner(byte_view bytes, scan_position& at, const limits& bounds, section what)
        : bytes_(bytes.substr(0, bounds.head)), at_(at), bounds_(bounds), what_(what) {}

    parse_step run(std::size_t received) {
        for (;;) {
            if (const auto refused = check_line_front())
                return *refused;
            const std::size_t hit = next_control(bytes_, at_.scanned);
            if (hit - at_.line_start > bounds_.line)
                return too_large("a line is longer than limits.line");
            at_.scanned = hit;
            if (hit == bytes_.size() || (bytes_[hit] == '\r' && hit + 1 == bytes_.size()))
                break;
            if (const auto verdict = take_control(hit))
                return *verdict;
        }
        return received >= bounds_.head ? too_large("the head is longer than limits.head") : parse_step{};
    }

private:
    // RFC 9112 sections 5.2 (folded lines) and 2.2 (white space before the first field) let us refuse both.
    std::optional<parse_step> check_line_front() const {
        if (at_.scanned != at_.line_start || at_.scanned >= bytes_.size() || !is_blank(bytes_[at_.scanned]))
            return std::nullopt;
        return malformed("a line starts with white space");
    }

    std::optional<parse_step> take_control(std::size_t hit) {
        if (bytes_[hit] == '\t' && (what_ == section::response || !in_start_line())) {  // a reason phrase may hold tabs
            at_.scanned = hit + 1;
            return std::nullopt;
        }
        if (bytes_[hit] != '\r')
            return malformed(bytes_[hit] == '\n' ? "a bare LF" : "a control character");
        if (bytes_[hit + 1] != '\n')
            return malformed("a bare CR");
        const byte_view line = bytes_.substr(at_.line_start, hit - at_.line_start);
        at_.scanned = at_.line_start = hit + 2;
        return take_line(line);
    }

    std::optional<parse_step> take_line(byte_view line) {
        if (in_start_line())
            return line.empty() ? skip_empty_line() : take_start_line(line);
        if (line.empty())
            return parse_step{parse_step::state::complete, at_.scanned, {}, {}};
        if (++at_.fields > bounds_.headers)
            return too_large("more fields than limits.headers");
        return std::nullopt;
    }

    // RFC 9112 section 2.2: only a server ignores empty lines, and only before the request line.
    std::optional<parse_step> skip_empty_line() {
        at_.head_start = at_.scanned;
        if (what_ == section::response || at_.head_start > 2 * most_leading_lines)
            return malformed("empty lines before the start line");
        return std::nullopt;
    }

    std::optional<parse_step> take_start_line(byte_view line) {
        at_.start_line = line.size();
        return check_start_line(line, what_);
    }

    bool in_start_line() const noexcept { return what_ != section::trailers && at_.start_line == 0; }

    byte_view bytes_;
    scan_position& at_;
    const limits& bounds_;
    section what_;
};

} // namespace

parse_step scan_section(byte_view bytes, scan_position& at, const limits& bounds, section what) {
    return scanner{bytes, at, bounds, what}.run(bytes.size());
}

} // namespace sluice::http::h1
