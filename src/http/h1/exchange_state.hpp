// SPDX-License-Identifier: Apache-2.0
// What an HTTP/1 connection needs only while an exchange is under way, and the spare ones a server
// keeps. Private to http.
#pragma once

#include "http/h1/chunked.hpp"
#include "http/h1/parse.hpp"
#include "http/rate_guard.hpp"
#include "sluice/base/arena.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/http/head.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace sluice::http::h1 {

struct exchange_state {
    request_head head;
    arena room;
    chunk_decoder decoder;
    scan_position scan;
    byte_buffer body;  // request body bytes, once the head's buffer is full
    std::uint64_t body_left = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    rate_guard reading;
    rate_guard writing;

    void clear();
};

class exchange_pool {
public:
    std::unique_ptr<exchange_state> take() {
        if (spare_.empty())
            return std::make_unique<exchange_state>();
        auto state = std::move(spare_.back());
        spare_.pop_back();
        return state;
    }
    void give(std::unique_ptr<exchange_state> state) noexcept {
        if (spare_.size() >= most_spare)
            return;
        state->clear();
        spare_.push_back(std::move(state));
    }

private:
    static constexpr std::size_t most_spare = 256;
    std::vector<std::unique_ptr<exchange_state>> spare_;
};

}  // namespace sluice::http::h1
