// SPDX-License-Identifier: Apache-2.0
#include "http/server.hpp"

#include "http/connection.hpp"
#include "http/h1/exchange_state.hpp"
#include "http/h2/server_stream.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>

namespace sluice::http {

namespace {

// Whoever may connect may do so thousands of times a second: the log hears of each kind of trouble
// this often.
constexpr std::chrono::minutes news_interval{1};

}  // namespace

server::server(runtime::worker& owner, std::shared_ptr<const server_settings> settings,
               request_handler& handler, on_close closed)
    : worker_(owner), settings_(std::move(settings)), handler_(handler),
      on_close_(std::move(closed)), h1_exchanges_(std::make_unique<h1::exchange_pool>()),
      h2_streams_(std::make_unique<h2::stream_pool>(owner)) {}

server::~server() = default;

void server::replace(std::shared_ptr<const server_settings> next) noexcept {
    settings_ = std::move(next);
}

void server::adopt(int fd, const net::address& client) {
    connection::begin(std::make_unique<connection>(*this, worker_, fd, client));
}

void server::drain() {
    draining_ = true;
    // Waits between requests begin anew, with the short deadline of a drain.
    for (auto* one : connections_)
        one->drain();
}

void server::abort() {
    for (auto* one : connections_)
        one->abort();
}

std::size_t server::shed_idle() {
    std::size_t closed = 0;
    for (auto* one : connections_)
        closed += one->shed() ? 1 : 0;
    return closed;
}

bool server::is_news(std::string_view words) {
    const auto known = std::ranges::find(news_, words, [](const auto& one) { return one.first; });
    if (known == news_.end()) {
        news_.emplace_back(words, worker_.now());
        return true;
    }
    if (worker_.now() < known->second + news_interval)
        return false;
    known->second = worker_.now();
    return true;
}

void server::forget(connection& ended) noexcept {
    // Swapped with the last: closing 10,000 connections must not cost 10,000 searches each.
    auto& last = connections_.back();
    last->set_position(ended.position());
    std::swap(connections_[ended.position()], last);
    connections_.pop_back();
    on_close_();
}

}  // namespace sluice::http
