// SPDX-License-Identifier: Apache-2.0
// Just enough HTTP/1 to take messages apart that must be well formed: written apart from the
// gateway's own parser, and stricter, so that the two cannot be wrong in the same way.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::conformance {

/// One message as it was on the wire.
struct message {
    std::string head;      ///< start line and fields, up to and with the empty line
    std::string body;      ///< without its coding
    std::string trailers;  ///< field lines
    std::size_t size = 0;  ///< bytes it took; with until_close, bytes so far

    std::string_view start_line() const;
    unsigned status() const;
    /// The value of the only field of that name; nothing when there is none. Throws when there are
    /// several.
    std::optional<std::string> field(std::string_view name) const;
};

enum class body_rule {
    request,    ///< no framing fields: no body
    response,   ///< no framing fields: until the connection ends
    head_only,  ///< whatever the fields say: HEAD, 304
};

enum class progress { incomplete, whole, until_close, malformed };

/// Reads one message from the front of `bytes`.
progress read_message(std::string_view bytes, body_rule, message& into);

/// `text` with the gateway's random X-Request-Id replaced by "*".
std::string without_request_id(std::string text);

}  // namespace sluice::conformance
