// SPDX-License-Identifier: Apache-2.0
// Writes JSON text piece by piece, without a tree: everything of ours that is JSON but the lines of
// the access log, which are escaped into a ring without a string (telemetry/escape.hpp). Commas,
// quotes and escapes are its business; balanced begins and ends are the caller's. For reading see
// json.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

/// Appends `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD (RFC
/// 8259 section 8.1).
void append_json_text(std::string& out, std::string_view text);

class json_writer {
public:
    json_writer& begin_map() { return open('{'); }
    json_writer& end_map() { return close('}'); }
    json_writer& begin_list() { return open('['); }
    json_writer& end_list() { return close(']'); }
    json_writer& key(std::string_view name);
    json_writer& text(std::string_view value);
    json_writer& number(std::uint64_t value) { return raw(std::to_string(value)); }
    json_writer& flag(bool value) { return raw(value ? "true" : "false"); }
    json_writer& null() { return raw("null"); }
    /// A value that is JSON text already.
    json_writer& embed(std::string_view json) { return raw(json); }

    /// What was written; the writer is empty afterwards.
    std::string take() { return std::move(out_); }

private:
    json_writer& open(char bracket);
    json_writer& close(char bracket);
    json_writer& raw(std::string_view value);
    void separate();

    std::string out_;
    bool first_ = true;  // nothing stands yet between the bracket or the colon and here
};

}  // namespace sluice
