// SPDX-License-Identifier: Apache-2.0
// Which node next, and whether at all: the rules of trying again (contract: below the table of
// answers). Decides only; attempt.cpp does.
#pragma once

#include "proxy/exchange.hpp"

#include <cstddef>
#include <optional>

namespace sluice::proxy {

/// The tries of one exchange on one service.
class tries {
public:
    tries(exchange&, worker_service&) noexcept;

    /// Begins an attempt: the pool of the node to try now; null when every node was tried.
    upstream::node_pool* next_node();
    /// What the client hears when next_node() had nothing.
    failure nothing_left() const noexcept;
    /// After a failed attempt: true when another may follow. Never after the response head went
    /// out.
    bool again(const failure&);

    /// A connection of the pool that may serve this attempt; nothing when one has to be made.
    upstream::connection lease_from(upstream::node_pool&);

    /// The next attempt must open a new connection: the last pooled one had been closed by the
    /// node.
    bool fresh() const noexcept { return fresh_; }
    /// All connects together end here: 3 x connect (contract), with TLS 3 x (connect +
    /// upstream_tls).
    time_point connect_deadline() const noexcept { return connect_deadline_; }

    /// Said by lease_from(): the connection had been in the pool.
    void leased_from_pool() noexcept { reused_ = true; }
    /// Said by the attempt: it has a connection.
    void connected() noexcept { service_.picker->reached(node_); }
    /// Said by the attempt: bytes of the request went out.
    void bytes_went_out() noexcept { sent_ = true; }

private:
    bool may_send_again() const noexcept;
    bool take_one() noexcept;
    bool same_node_once(bool& how) noexcept;

    exchange& x_;
    worker_service& service_;
    unsigned left_;
    std::size_t node_ = service::picker::none;
    std::optional<failure> last_;
    time_point connect_deadline_;
    time_point let_down_{};  // by a connection of the pool
    bool fresh_ = false;
    bool stays_ = false;  // the node did not look at the request: it is asked once more
    bool reused_ = false;
    bool sent_ = false;
};

}  // namespace sluice::proxy
