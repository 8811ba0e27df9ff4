// SPDX-License-Identifier: Apache-2.0
// Finds the end of a head or trailer section, once over the bytes however they come, and refuses at
// the first byte that no HTTP/1 message may hold there: bare LF or CR, NUL, other control
// characters, folded lines. What the fields mean is not looked at. Used by parse.cpp and
// chunked.cpp.
#pragma once

#include "sluice/base/bytes.hpp"
#include "sluice/base/error.hpp"
#include "sluice/http/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::http::h1 {

/// Where reading a head stands. `consumed` counts only with `complete`; `code` and `reason` (static
/// text, for the answer and the log) only with `failed`.
struct parse_step {
    enum class state { incomplete, complete, failed };
    state at = state::incomplete;
    std::size_t consumed = 0;
    errc code = errc::bad_request;
    std::string_view reason;

    static parse_step failed(errc code, std::string_view reason) {
        return {state::failed, 0, code, reason};
    }
};

/// Where the search for the end of the head goes on, so that a head that comes byte by byte is
/// scanned once, and the lines found so far. restart() it for each head. Offsets count from the
/// front of the bytes given.
struct scan_position {
    std::size_t scanned = 0;     ///< bytes already searched
    std::size_t line_start = 0;  ///< of the line being searched, for limits.line
    /// of the start line: behind the empty lines a client may send first
    std::size_t head_start = 0;
    /// Where each line ends, the start line's first: at its CR. The empty line is not among them.
    std::vector<std::uint32_t> line_ends;

    /// Keeps the memory of the list.
    void restart() noexcept {
        scanned = line_start = head_start = 0;
        line_ends.clear();
    }
};

enum class section { request, response, trailers };

/// Goes on searching. Complete when the section's empty line is there; `consumed` then counts from
/// the front of `bytes`. Fails with bad_request, version_not_supported or head_too_large, and with
/// the same verdict however the bytes were split.
parse_step scan_section(byte_view bytes, scan_position&, const limits&, section);

}  // namespace sluice::http::h1
