// SPDX-License-Identifier: Apache-2.0
// Splits a complete head that scan.cpp has let through into its start line and fields, by the
// grammar of RFC 9112 sections 3, 4 and 5 to the letter. What the parts mean (framing, Host, which
// targets are allowed) is for the caller to judge. Used by parse.cpp.
#pragma once

#include "http/field_sorter.hpp"
#include "http/h1/scan.hpp"
#include "sluice/base/bytes.hpp"

#include <string_view>

namespace sluice::http::h1 {

struct request_line {
    std::string_view method;
    std::string_view target;
    unsigned minor_version = 1;
};

struct status_line {
    unsigned status = 0;
    std::string_view reason;
    unsigned minor_version = 1;
};

/// Why a head was refused, static text; empty when it was read. Takes the bytes and what scanning
/// them found; the views end up in the lines and the sorter's list. A higher minor version than 1
/// is read as 1 (RFC 9112 section 2.3).
[[nodiscard]] std::string_view split_head(byte_view, const scan_position&, request_line&,
                                          field_sorter&);
[[nodiscard]] std::string_view split_head(byte_view, const scan_position&, status_line&,
                                          field_sorter&);

}  // namespace sluice::http::h1
