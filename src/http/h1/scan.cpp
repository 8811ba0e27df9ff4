// SPDX-License-Identifier: Apache-2.0
// The scanner: jumps from control byte to control byte, because in an honest head these are only
// the line ends.
#include "http/h1/scan.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>
#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::http::h1 {

namespace {

// RFC 9112 section 2.2 asks for one; some clients send two after a POST body.
constexpr std::size_t most_leading_lines = 4;

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// The first control byte at or after `from`, or bytes.size(). Sixteen at a time: a byte loop costs
// as much as the whole rest of reading a head.
std::size_t next_control(byte_view bytes, std::size_t from) noexcept {
#ifdef __SSE2__
    const __m128i highest_control = _mm_set1_epi8(0x1F);
    const __m128i del = _mm_set1_epi8(0x7F);
    for (; from + 16 <= bytes.size(); from += 16) {
        const __m128i block =
            _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + from));
        const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(block, highest_control), block);
        const auto hits =
            static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(block, del))));
        if (hits != 0)
            return from + static_cast<std::size_t>(std::countr_zero(hits));
    }
#endif
    while (from < bytes.size() && !is_control(bytes[from]))
        ++from;
    return from;
}

struct fault {
    errc code = errc::bad_request;
    std::string_view reason;  // empty: none
};

// "HTTP/" DIGIT "." DIGIT (RFC 9112 section 2.3). A higher minor version of 1 is read as 1.1.
fault check_version(byte_view version) {
    const auto digit = [version](std::size_t at) {
        return version[at] >= '0' && version[at] <= '9';
    };
    if (version.size() != 8 || !version.starts_with("HTTP/") || !digit(5) || version[6] != '.' ||
        !digit(7))
        return {errc::bad_request, "no HTTP version on the start line"};
    if (version[5] > '1')
        return {errc::version_not_supported, "not HTTP/1"};
    if (version[5] == '0')
        return {errc::bad_request, "HTTP/0.9 is not spoken"};
    return {};
}

// Looked at as soon as the line is whole: a sender of HTTP/0.9, HTTP/2 or another protocol need not
// be waited for.
fault check_start_line(byte_view line, section what) {
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
        using state = parse_step::state;
        while (!done_ && found_.reason.empty())
            step();
        if (found_.reason.empty() && !complete_ && received >= bounds_.head)
            refuse(errc::head_too_large, "the head is longer than limits.head");
        if (!found_.reason.empty())
            return parse_step::failed(found_.code, found_.reason);
        return complete_ ? parse_step{state::complete, at_.scanned, {}, {}} : parse_step{};
    }

private:
    // To the next control byte, which ends a line in an honest head, and past it.
    void step() {
        if (folded())
            return refuse(errc::bad_request, "a line starts with white space");
        const std::size_t hit = next_control(bytes_, at_.scanned);
        // Nodes are bound by the size of a head and its count of fields, not by limits.line
        // (contract, "Forwarding").
        if (what_ != section::response && hit - at_.line_start > bounds_.line)
            return refuse(errc::head_too_large, "a line is longer than limits.line");
        at_.scanned = hit;
        if (hit == bytes_.size() || (bytes_[hit] == '\r' && hit + 1 == bytes_.size()))
            done_ = true;
        else
            take_control(hit);
    }

    // RFC 9112 sections 5.2 (folded lines) and 2.2 (white space before the first field) let us
    // refuse both.
    bool folded() const noexcept {
        return at_.scanned == at_.line_start && at_.scanned < bytes_.size() &&
               is_blank(bytes_[at_.scanned]);
    }

    void take_control(std::size_t hit) {
        if (bytes_[hit] == '\r' && bytes_[hit + 1] == '\n') {
            const byte_view line = bytes_.substr(at_.line_start, hit - at_.line_start);
            at_.scanned = at_.line_start = hit + 2;
            take_line(line);
        } else if (bytes_[hit] == '\t' && tab_allowed()) {
            at_.scanned = hit + 1;
        } else {
            refuse(errc::bad_request, bytes_[hit] == '\r'   ? "a bare CR"
                                      : bytes_[hit] == '\n' ? "a bare LF"
                                                            : "a control character");
        }
    }

    void take_line(byte_view line) {
        if (in_start_line()) {
            if (line.empty())
                skip_empty_line();
            else
                take_start_line(line);
        } else if (line.empty()) {
            done_ = complete_ = true;
        } else if (++at_.fields > bounds_.headers) {
            refuse(errc::head_too_large, "more fields than limits.headers");
        }
    }

    // RFC 9112 section 2.2: only a server ignores empty lines, and only before the request line.
    void skip_empty_line() {
        at_.head_start = at_.scanned;
        if (what_ == section::response || at_.head_start > 2 * most_leading_lines)
            refuse(errc::bad_request, "empty lines before the start line");
    }

    void take_start_line(byte_view line) {
        at_.start_line = line.size();
        found_ = check_start_line(line, what_);
    }

    void refuse(errc code, std::string_view reason) { found_ = {code, reason}; }

    // A reason phrase may hold tabs (RFC 9112 section 4), a request line may not.
    bool tab_allowed() const noexcept { return what_ == section::response || !in_start_line(); }
    bool in_start_line() const noexcept {
        return what_ != section::trailers && at_.start_line == 0;
    }

    byte_view bytes_;
    scan_position& at_;
    const limits& bounds_;
    section what_;
    fault found_;
    bool done_ = false;      // nothing left to look at
    bool complete_ = false;  // the empty line was there
};

}  // namespace

parse_step scan_section(byte_view bytes, scan_position& at, const limits& bounds, section what) {
    return scanner{bytes, at, bounds, what}.run(bytes.size());
}

}  // namespace sluice::http::h1
