// SPDX-License-Identifier: Apache-2.0
// The one door to Beast's parser: reads the bytes of a complete head that scan.cpp has let through.
// What Beast is too lenient about (facts of RFC 9112 sections 3, 5 and 6) is for the caller to
// judge.
#pragma once

#include "http/h1/field_sorter.hpp"
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

/// Why a head was refused, static text; empty when it was read. `bytes` starts with the start line
/// and ends with the empty line; the views end up in the lines and the sorter's list.
[[nodiscard]] std::string_view read_head(byte_view bytes, request_line&, field_sorter&);
[[nodiscard]] std::string_view read_head(byte_view bytes, status_line&, field_sorter&);

}  // namespace sluice::http::h1
