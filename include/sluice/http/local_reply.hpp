// SPDX-License-Identifier: Apache-2.0
// What the gateway answers itself: one table from errc to status, the contract's word and a
// sentence a person can use.
#pragma once

#include "sluice/base/error.hpp"

#include <string>
#include <string_view>

namespace sluice::http {

struct local_reply {
    unsigned status;           ///< what the client sees (499 in the log for client_gone)
    std::string_view word;     ///< the contract's code: metrics `reason`, log `error`
    std::string_view message;  ///< default sentence
    bool retry_after = false;  ///< carries Retry-After
};

/// The row of a code. Every errc has one.
const local_reply& reply_for(errc code) noexcept;

/// The JSON body: {"error":{"code":...,"message":...,"request_id":...}}. `detail` replaces the
/// default sentence when not empty.
std::string reply_body(const local_reply&, std::string_view detail, std::string_view request_id);

/// The reason phrase of a status (RFC 9110 section 15), "" when unknown.
std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace sluice::http
