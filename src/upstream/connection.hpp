// SPDX-License-Identifier: Apache-2.0
// What one attempt has of a node, whatever is spoken there: a connection of its own (HTTP/1) or a
// stream of one that others share (HTTP/2). Made and taken back by node_pool.
#pragma once

#include "http/h1/client_session.hpp"
#include "http/h2/client_session.hpp"

#include <memory>
#include <string_view>
#include <utility>

namespace sluice::upstream {

class connection {
public:
    connection() noexcept = default;
    explicit connection(std::unique_ptr<http::h1::client_session> whole) noexcept
        : whole_(std::move(whole)) {}
    explicit connection(std::unique_ptr<http::h2::client_stream> part) noexcept
        : part_(std::move(part)) {}

    explicit operator bool() const noexcept { return whole_ || part_; }
    http::upstream_stream* get() const noexcept {
        return whole_ ? static_cast<http::upstream_stream*>(whole_.get()) : part_.get();
    }
    http::upstream_stream& operator*() const noexcept { return *get(); }
    http::upstream_stream* operator->() const noexcept { return get(); }

    /// Starts an exchange. `bounds` limits heads and trailers. Of a body no more than
    /// `largest_piece` is read at once from a connection of one's own.
    void begin(http::method verb, const http::limits& bounds,
               std::size_t largest_piece = byte_buffer::large_block) {
        whole_ ? whole_->begin(verb, bounds, largest_piece) : part_->begin(verb, bounds);
    }
    /// Others have streams on it too, or may.
    bool is_shared() const noexcept { return part_ != nullptr; }
    /// What TLS says about its own end, for logs; empty on plain connections and sound ones.
    std::string_view tls_failure() const noexcept {
        return whole_ ? whole_->tls_failure() : part_->session()->tls_failure();
    }

private:
    friend class node_pool;
    std::unique_ptr<http::h1::client_session> whole_;
    std::unique_ptr<http::h2::client_stream> part_;
};

}  // namespace sluice::upstream
