// SPDX-License-Identifier: Apache-2.0
// One access record as one line, JSON or text. Pure: the access log decides where the line goes.
// The order and the names of the fields are fixed by the outward contract.
#pragma once

#include "sluice/telemetry/access_log.hpp"
#include "telemetry/timestamp.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace sluice::telemetry {

/// Formats lines into room of its own. One thread each.
class access_line {
public:
    /// No line is longer: paths are cut at 24 KiB and other texts at 1 KiB, before escaping.
    static constexpr std::size_t longest = 256 * 1024;

    explicit access_line(line_format);

    /// The format of lines from now on.
    void use(line_format format) noexcept { format_ = format; }

    /// The line with its newline, valid until the next call. Never allocates.
    std::string_view format(const access_record&) noexcept;

private:
    line_format format_;
    timestamp when_;
    std::unique_ptr<char[]> room_;
};

}  // namespace sluice::telemetry
