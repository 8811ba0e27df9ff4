// SPDX-License-Identifier: Apache-2.0
// A request that nobody sends, as it would arrive: which listener its URL leads to, and its head, read
// by the very code that reads heads from clients.
#pragma once

#include "http/h1/parse.hpp"
#include "sluice/admin/explain_request.hpp"
#include "sluice/base/arena.hpp"
#include "sluice/http/listener.hpp"
#include "sluice/http/outgoing.hpp"
#include "sluice/net/address.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::app::explain {

/// A listener that clients can reach.
struct open_entrance {
    const http::listener_settings* settings;
    net::address where;                     ///< as bound, where it is bound
    const net::listener_tls* certificates;  ///< with tls
};

/// What a client takes a URL apart to. Views of its text.
struct url_parts {
    bool tls;
    std::string_view authority;
    std::string_view host;  ///< without the port
    unsigned port;
    std::string_view target;  ///< path and query, as sent; may be empty, which means `/`
};

/// Why nobody could send such a request; empty when somebody could.
std::string problem_of(const admin::explain_request&);
/// Nothing for what problem_of() refuses.
std::optional<url_parts> split_url(std::string_view url);

struct chosen_entrance {
    std::size_t at;
    bool fits;  ///< the URL leads there
};

/// The listener a client with this URL reaches; where there is none, the one most like it. Of
/// several the one whose IP address the URL names, else the first.
chosen_entrance choose_entrance(const url_parts&, std::span<const open_entrance>);

/// A head with everything it points into.
class arrival {
public:
    /// Writes the request as a client would, and reads it against `rules`.
    arrival(const admin::explain_request&, const url_parts&, const http::head_rules& rules);
    arrival(const arrival&) = delete;
    arrival& operator=(const arrival&) = delete;

    /// Why it was refused, if it was.
    const std::optional<http::h1::parse_step>& refusal() const noexcept { return refusal_; }
    const http::request_head& head() const noexcept { return head_; }
    arena& room() noexcept { return room_; }

private:
    std::string bytes_;
    arena room_;
    http::request_head head_;
    std::optional<http::h1::parse_step> refusal_;
};

}  // namespace sluice::app::explain
