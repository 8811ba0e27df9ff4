// SPDX-License-Identifier: Apache-2.0
// Makes any bytes safe inside a log line: valid JSON text, or one printable word or sentence. Used
// by the access log and the error log; knows nothing of fields.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::telemetry {

/// The most bytes one byte of input can become in any of the forms below.
inline constexpr std::size_t escape_growth = 6;

/// Writes `text` as the inside of a JSON string (RFC 8259 section 7). Control characters, also
/// those of Latin-1, are escaped; each byte that is not part of valid UTF-8 becomes \ufffd. Returns
/// the end; `to` has room for escape_growth bytes per byte of `text`.
char* escape_json(std::string_view text, char* to) noexcept;

/// What a text line keeps as it is: a sentence keeps spaces, quotes and backslashes; a word does
/// not, so that splitting the line at its spaces gives the fields back.
enum class text_form { sentence, word };

/// Writes `text` for a human's line: control characters and bytes outside UTF-8 become \xHH. Room
/// as above.
char* escape_text(std::string_view text, char* to, text_form) noexcept;

}  // namespace sluice::telemetry
