// SPDX-License-Identifier: Apache-2.0
// The admin API as one function from a request to an answer. It knows no sockets: whoever listens
// calls it and writes the answer back.
#pragma once

#include "admin/settings.hpp"
#include "sluice/admin/control.hpp"
#include "sluice/base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::admin {

/// A request's parts that matter here. Views of the caller's.
struct request {
    std::string_view method;  ///< as received
    std::string_view path;    ///< canonical, without the query, which no resource uses
    std::string_view host;    ///< the Host field as sent; empty when there is none (HTTP/1.0)
    std::optional<std::string_view> origin;         ///< the Origin field
    std::optional<std::string_view> authorization;  ///< the Authorization field
    std::string_view body;                          ///< whole; see longest_body
    std::string_view request_id;
};

/// The most a caller need read of a body: longer ones are refused with 413.
inline constexpr std::size_t longest_body = 64 * 1024;

struct answer {
    /// What must have happened before there is an answer; who writes answers sees to it.
    enum class after : std::uint8_t { nothing, reload };

    unsigned status = 200;
    std::string_view content_type = "application/json";
    std::string body = {};  ///< also to HEAD: the writer leaves it out and keeps its length
    std::vector<std::pair<std::string_view, std::string>> fields =
        {};  ///< beside Content-Type and Content-Length
    after needs = after::nothing;
};

/// Who may use the API, from the `admin` block and the address it is bound to.
struct access_terms {
    secret token;                    ///< empty: none is configured
    std::vector<std::string> hosts;  ///< further names a Host field may carry
    bool loopback = true;            ///< bound to loopback or a Unix socket: reads need no token
};

inline access_terms terms_of(const settings& from) {
    return {from.token, from.hosts, from.address.is_loopback()};
}

/// Thread: control.
answer respond(const request&, const access_terms&, control&);

/// The answer that was waiting for a reload.
answer reloaded(const reload_report&);

/// The answer for what is refused: `{"error":{code,message,request_id}}`. `code` is a word of the
/// contract's table.
answer refuse(unsigned status, std::string_view code, std::string_view message,
              std::string_view request_id);

}  // namespace sluice::admin
