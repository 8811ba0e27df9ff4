// SPDX-License-Identifier: Apache-2.0
#include "http/h1/server.hpp"

#include "http/h1/server_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <unistd.h>

#include <algorithm>

namespace sluice::http::h1 {

namespace {

constexpr std::size_t spare_states = 256;

// Whoever may connect may do so thousands of times a second: the log hears of each kind of trouble
// this often.
constexpr std::chrono::minutes news_interval{1};

}  // namespace

server::server(runtime::worker& owner, std::shared_ptr<const server_settings> settings,
               request_handler& handler, on_close closed)
    : worker_(owner), settings_(std::move(settings)), handler_(handler),
      on_close_(std::move(closed)) {}

server::~server() = default;

void server::replace(std::shared_ptr<const server_settings> next) noexcept {
    settings_ = std::move(next);
}

void server::adopt(int fd, const net::address& client) {
    runtime::spawn(
        server_session::serve(std::make_unique<server_session>(*this, worker_, fd, client)));
}

void server::drain() {
    draining_ = true;
    // Waits between requests begin anew, with the short deadline of a drain.
    for (auto* session : sessions_)
        if (session->idle())
            session->interrupt_input();
}

void server::abort() {
    for (auto* session : sessions_)
        session->abort();
}

std::size_t server::shed_idle() {
    std::size_t closed = 0;
    for (auto* session : sessions_) {
        if (!session->may_be_shed())
            continue;
        session->close_idle();
        ++closed;
    }
    return closed;
}

std::unique_ptr<exchange_state> server::take_state() {
    if (spare_.empty())
        return std::make_unique<exchange_state>();
    auto state = std::move(spare_.back());
    spare_.pop_back();
    return state;
}

void server::give_state(std::unique_ptr<exchange_state> state) noexcept {
    if (spare_.size() >= spare_states)
        return;
    state->clear();
    spare_.push_back(std::move(state));
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

void server::forget(server_session& ended) noexcept {
    // Swapped with the last: closing 10,000 connections must not cost 10,000 searches each.
    auto& last = sessions_.back();
    last->set_position(ended.position());
    std::swap(sessions_[ended.position()], last);
    sessions_.pop_back();
    on_close_();
}

}  // namespace sluice::http::h1
