// SPDX-License-Identifier: Apache-2.0
// The chunked coding, decoded strictly (RFC 9112 section 7.1): no bare LF, at most 16 hex digits, bounded extensions,
// bounded trailers. Beast 1.81 cannot be used here: it merges trailers into the head and bounds neither.
#pragma once

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

    /// Looks at the bytes not consumed so far. With need_more the unconsumed rest must be given again with more behind
    /// it; that rest is bounded (one size line, or the trailer section within limits.head).
    step next(byte_view in, const limits&);

    /// The fields of the trailer section; complete with `end`, views into the `in` of that call.
    const header_list& trailers() const noexcept { return trailers_; }

    void reset() noexcept;

private:
    enum class part : std::uint8_t { size_line, content, content_end, trailers, done };
    part part_ = part::size_line;
    std::uint64_t left_ = 0;        // content bytes of this chunk still to come
    std::size_t extensions_ = 0;    // extension bytes of the whole message
    std::size_t scanned_ = 0;       // of an incomplete trailer section
    header_list trailers_;
};

} // namespace sluice::http::h1
