// SPDX-License-Identifier: Apache-2.0
// What a gateway has to know of gRPC (the "gRPC over HTTP2" document of its makers): which requests
// are calls, how long they may take, and how one is refused. Messages are never looked at.
#pragma once

#include "sluice/base/error.hpp"
#include "sluice/http/head.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::http::grpc {

/// A POST whose content type is application/grpc, alone or with a suffix or parameters.
bool is_call(const request_head&) noexcept;

/// The client's deadline for the whole call: its grpc-timeout, none without one. `malformed` when
/// it is not 1 to 8 digits and a unit.
struct call_timeout {
    std::optional<std::chrono::milliseconds> total;
    bool malformed = false;
};
call_timeout timeout_of(const request_head&) noexcept;

/// The status of the contract's table for an answer of the gateway's own.
unsigned status_of(errc) noexcept;

/// A text as grpc-message carries it: visible ASCII but `%` as it is, all else percent-encoded.
std::string message_text(std::string_view text);

}  // namespace sluice::http::grpc
