// SPDX-License-Identifier: Apache-2.0
// The scanner: jumps from control byte to control byte, because in an honest head these are only
// the line ends.
#include "http/h1/scan.hpp"

#include "http/h1/byte_masks.hpp"
#include "sluice/base/strings.hpp"

#include <bit>

namespace sluice::http::h1 {

namespace {

// RFC 9112 section 2.2 asks for one; some clients send two after a POST body.
constexpr std::size_t most_leading_lines = 4;

// Room for them is had at once, not step by step.
constexpr std::size_t usual_lines = 32;

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

// The bytes between control bytes are jumped over; each control byte is judged in its turn, so that
// the verdict does not depend on how the bytes came.
class scanner {
public:
    scanner(byte_view bytes, scan_position& at, const limits& bounds, section what)
        : bytes_(bytes.substr(0, bounds.head)), at_(at), bounds_(bounds), what_(what),
          longest_line_(what == section::response ? bytes.size() : bounds.line),
          line_start_(at.line_start), lines_(at.line_ends.size()) {}

    parse_step run(std::size_t received) {
        using state = parse_step::state;
        if (go() == step::end_of_bytes)
            judge_rest(received);
        at_.line_start = line_start_;
        if (!found_.reason.empty())
            return parse_step::failed(found_.code, found_.reason);
        return complete_ ? parse_step{state::complete, at_.scanned, {}, {}} : parse_step{};
    }

private:
    enum class step { on, stop, end_of_bytes };

    step go() {
        const std::size_t size = bytes_.size();
        std::size_t from = at_.scanned;
        for (; from + mask_width <= size; from += mask_width)
            for (byte_mask hits = control_bytes(bytes_.data() + from); hits != 0;
                 hits &= hits - 1) {
                const auto at = from + static_cast<std::size_t>(std::countr_zero(hits));
                if (const step next = take_control(at); next != step::on)
                    return next;
            }
        for (; from < size; ++from)
            if (is_control(bytes_[from]))
                if (const step next = take_control(from); next != step::on)
                    return next;
        at_.scanned = size;
        return step::end_of_bytes;
    }

    // Ends a line in an honest head.
    step take_control(std::size_t at) {
        if (at < line_start_)
            return step::on;  // the LF of a line that was taken with its CR
        if (at + 1 == bytes_.size() && bytes_[at] == '\r') {
            at_.scanned = at;  // what follows tells
            return step::end_of_bytes;
        }
        if (!line_may_go_on(at))
            return step::stop;
        if (bytes_[at] == '\r' && bytes_[at + 1] == '\n')
            return take_line(at);
        if (bytes_[at] == '\t' && tab_allowed())
            return step::on;
        return refuse(errc::bad_request, bytes_[at] == '\r'   ? "a bare CR"
                                         : bytes_[at] == '\n' ? "a bare LF"
                                                              : "a control character");
    }

    // RFC 9112 sections 5.2 (folded lines) and 2.2 (white space before the first field) let us
    // refuse both. Nodes are bound by the size of a head and its count of fields, not by
    // limits.line (contract, "Forwarding").
    bool line_may_go_on(std::size_t to) {
        const std::size_t from = line_start_;
        if (from < bytes_.size() && is_blank(bytes_[from]))
            refuse(errc::bad_request, "a line starts with white space");
        else if (to - from > longest_line_)
            refuse(errc::head_too_large, "a line is longer than limits.line");
        return found_.reason.empty();
    }

    // A line that is not whole yet may already be more than is allowed.
    void judge_rest(std::size_t received) {
        if (line_may_go_on(at_.scanned) && received >= bounds_.head)
            refuse(errc::head_too_large, "the head is longer than limits.head");
    }

    step take_line(std::size_t end) {
        const std::size_t start = line_start_;
        line_start_ = end + 2;
        if (in_start_line())
            return take_start_line(start, end);
        if (start == end) {
            complete_ = true;
            at_.scanned = line_start_;
            return step::stop;
        }
        const std::size_t fields = lines_ - (what_ == section::trailers ? 0 : 1);
        if (fields == bounds_.headers)
            return refuse(errc::head_too_large, "more fields than limits.headers");
        keep_line(end);
        return step::on;
    }

    step take_start_line(std::size_t start, std::size_t end) {
        if (start == end)
            return skip_empty_line();
        found_ = check_start_line(bytes_.substr(start, end - start), what_);
        at_.line_ends.reserve(usual_lines);
        keep_line(end);
        return found_.reason.empty() ? step::on : step::stop;
    }

    // RFC 9112 section 2.2: only a server ignores empty lines, and only before the request line.
    step skip_empty_line() {
        at_.head_start = line_start_;
        return what_ == section::response || at_.head_start > 2 * most_leading_lines
                   ? refuse(errc::bad_request, "empty lines before the start line")
                   : step::on;
    }

    void keep_line(std::size_t end) {
        at_.line_ends.push_back(static_cast<std::uint32_t>(end));
        ++lines_;
    }

    step refuse(errc code, std::string_view reason) {
        found_ = {code, reason};
        return step::stop;
    }

    // A reason phrase may hold tabs (RFC 9112 section 4), a request line may not.
    bool tab_allowed() const noexcept { return what_ == section::response || !in_start_line(); }
    bool in_start_line() const noexcept { return lines_ == 0 && what_ != section::trailers; }

    byte_view bytes_;
    scan_position& at_;
    const limits& bounds_;
    section what_;
    std::size_t longest_line_;
    // What the loop asks for most, on the stack rather than behind a reference.
    std::size_t line_start_;
    std::size_t lines_;
    fault found_;
    bool complete_ = false;  // the empty line was there
};

}  // namespace

parse_step scan_section(byte_view bytes, scan_position& at, const limits& bounds, section what) {
    return scanner{bytes, at, bounds, what}.run(bytes.size());
}

}  // namespace sluice::http::h1
