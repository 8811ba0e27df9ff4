// SPDX-License-Identifier: Apache-2.0
// A decoded header block to the validated model of a request: every rule of RFC 9113 sections 8.1 to
// 8.5, and where a request is not malformed, the same rules HTTP/1 requests are held to. nghttp2's
// own checks are off, so that one place judges. Used by server_session.
#pragma once

#include "http/field_sorter.hpp"
#include "http/message_rules.hpp"
#include "sluice/base/arena.hpp"
#include "sluice/http/head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::http::h2 {

/// What became of a header block. malformed: the stream is reset (RFC 9113 section 8.1.1); refused:
/// it is answered with what `code` says.
struct judgement {
    enum class kind : std::uint8_t { good, malformed, refused };
    kind what = kind::good;
    errc code = errc::bad_request;
    std::string_view reason = {};  ///< static text
};

/// Whether END_STREAM came with the header block.
enum class block_end : std::uint8_t { stream_goes_on, stream_ends };

class request_reader {
public:
    /// Begins a request. Views given to take() and what `into` gets of them live as long as `into`
    /// is used.
    void begin(const head_rules&, request_head& into);
    /// Begins a trailer section.
    void begin_trailers(const limits&, header_list& into);

    /// One field line. False: more than anybody could mean was sent, and the connection is to end
    /// before more of it is decoded.
    bool take(std::string_view name, std::string_view value);

    judgement end(block_end, arena& room);
    judgement end_trailers(block_end) const;

    /// Whether the texts of the last line are needed later.
    bool keeps() const noexcept { return !too_large_ && malformed_.empty(); }
    /// Decoded bytes of the block so far.
    std::size_t bytes() const noexcept { return bytes_; }

private:
    enum pseudo : unsigned {
        method_text,
        scheme_text,
        path_text,
        authority_text,
        protocol_text,
        pseudo_count
    };

    void reset() noexcept;
    bool count(std::string_view name, std::string_view value) noexcept;
    void take_pseudo(std::string_view name, std::string_view value);
    void take_trailer(std::string_view name, std::string_view value);
    void take_field(std::string_view name, std::string_view value);
    void is_malformed(std::string_view reason) noexcept;
    bool has(pseudo which) const noexcept { return (seen_ & (1U << which)) != 0; }
    std::string_view of(pseudo which) const noexcept { return pseudo_[which]; }

    std::string_view check_pseudo_fields() const;
    std::string_view check_connect() const;
    std::string_view check_connection_fields();
    std::string_view frame(block_end);
    verdict check_target(arena& room);
    verdict check_authority(arena& room);
    void join_cookies(arena& room);

    head_rules rules_;
    request_head* head_ = nullptr;
    header_list* fields_ = nullptr;
    std::optional<field_sorter> sorter_;  // none: a trailer section
    std::string_view pseudo_[pseudo_count];
    unsigned seen_ = 0;
    std::size_t bytes_ = 0;
    std::size_t lines_ = 0;
    std::string_view malformed_;
    std::string_view refused_field_;
    bool too_large_ = false;
    bool regular_seen_ = false;
};

}  // namespace sluice::http::h2
