// SPDX-License-Identifier: Apache-2.0
// The chunked coding, decoded strictly (RFC 9112 section 7.1): no bare LF, at most 16 hex digits,
// bounded extensions, bounded trailers. Beast 1.81 cannot be used here: it merges trailers into the
// head and bounds neither.
#pragma once

#include "http/h1/scan.hpp"
#include "sluice/base/bytes.hpp"
#include "sluice/http/head.hpp"
#include "sluice/http/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::http::h1 {

class chunk_decoder {
public:
    enum class state { need_more, content, end, failed };
    struct step {
        state at = state::need_more;
        std::size_t consumed = 0;  ///< bytes of `in` done with, content included
        byte_view content;         ///< with `content`: a view into `in`; the last consumed bytes
        std::string_view reason;   ///< with `failed`, static text
    };

    /// Looks at the bytes not consumed so far. With need_more the unconsumed rest must be given
    /// again with more behind it; that rest is only ever an unfinished trailer section, bounded by
    /// limits.head.
    step next(byte_view in, const limits&);

    /// The fields of the trailer section; complete with `end`, views into the `in` of that call.
    const header_list& trailers() const noexcept { return trailers_; }

    void reset() noexcept;

private:
    enum class part : std::uint8_t {
        size,
        extension,
        size_blank,
        size_lf,
        content,
        content_cr,
        content_lf,
        trailers,
        done,
        broken
    };

    step fail(std::string_view reason);
    /// One byte of a size line or of the CRLF behind content. The reason it is refused for, empty
    /// when it is not.
    std::string_view take(char c);
    std::string_view take_digit(char c);
    std::string_view take_extension(char c);
    std::string_view end_size_line();
    step take_content(byte_view in, std::size_t at);
    step take_trailers(byte_view in, std::size_t at, const limits&);

    part part_ = part::size;
    unsigned digits_ = 0;                 // of the size being read
    std::uint64_t left_ = 0;              // content bytes of this chunk still to come
    std::size_t chunk_extension_ = 0;     // extension bytes of this chunk
    std::size_t message_extensions_ = 0;  // and of the whole message
    scan_position trailer_scan_;          // of an incomplete trailer section
    std::string_view broken_;             // why the message was refused; it stays refused
    header_list trailers_;
};

}  // namespace sluice::http::h1
