// SPDX-License-Identifier: Apache-2.0
#include "scripted_node.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>

namespace sluice::conformance {

namespace {

constexpr std::chrono::seconds patience{10};

}  // namespace

connection_script always(std::string bytes) {
    return {acts::read_request, acts::send(std::move(bytes))};
}

connection_script always_ok() { return always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); }

struct scripted_node::connection {
    std::size_t index = 0;
    raw_socket socket;
    std::string in;   // not yet taken apart
    std::string all;  // guarded by lock_
    std::thread thread;
};

scripted_node::scripted_node(std::vector<connection_script> scripts)
    : scripts_(std::move(scripts)), listening_(raw_socket::bind()) {
    listening_.listen();
    accepting_ = std::thread([this] { accept_all(); });
}

scripted_node::~scripted_node() {
    {
        const std::lock_guard hold(lock_);
        stopping_ = true;
        ::shutdown(listening_.fd(), SHUT_RDWR);
        for (auto& one : connections_)
            if (one->socket.fd() >= 0)
                ::shutdown(one->socket.fd(), SHUT_RDWR);
        signals_.release(static_cast<std::ptrdiff_t>(connections_.size()));
    }
    accepting_.join();
    for (auto& one : connections_)
        one->thread.join();
}

std::string scripted_node::address() const {
    return "127.0.0.1:" + std::to_string(listening_.port());
}

void scripted_node::accept_all() {
    for (;;) {
        const int fd = ::accept4(listening_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0)
            return;
        const std::lock_guard hold(lock_);
        auto made = std::make_unique<connection>();
        made->socket = raw_socket(fd);
        if (stopping_)
            return;
        made->index = connections_.size();
        auto& one = *connections_.emplace_back(std::move(made));
        one.thread = std::thread([this, &one] { serve(one); });
    }
}

void scripted_node::serve(connection& one) {
    const auto& script = scripts_[std::min(one.index, scripts_.size() - 1)];
    for (bool going = !script.empty(); going;)
        for (const auto& step : script)
            if (!(going = perform(one, step)))
                break;
    const std::lock_guard hold(lock_);
    one.socket.close();
    ++ended_;
    changed_.notify_all();
}

// False when the connection is over.
bool scripted_node::perform(connection& one, const act& step) {
    switch (step.what) {
    case act::kind::read_head:
        return read(one, false);
    case act::kind::read_request:
        return read(one, true);
    case act::kind::send:
        return one.socket.send(step.bytes);
    case act::kind::close:
        return false;
    case act::kind::read_bytes:
        while (one.in.size() < step.count)
            if (!fill(one))
                return false;
        one.in.erase(0, step.count);
        return true;
    case act::kind::await_signal:
        return signals_.try_acquire_for(patience);
    case act::kind::tell:
        told_.release();
        return true;
    case act::kind::echo:
        return echo(one);
    case act::kind::shut_write:
        one.socket.shut_write();
        return true;
    case act::kind::await_end:
        while (fill(one)) {
        }
        return false;
    case act::kind::reset: {
        const std::lock_guard hold(lock_);
        one.socket.reset();
        return false;
    }
    }
    return false;
}

bool scripted_node::fill(connection& one) {
    const auto before = one.in.size();
    if (one.socket.receive(one.in, std::chrono::minutes(5)) != received::bytes)
        return false;
    const std::lock_guard hold(lock_);
    one.all.append(one.in, before);
    changed_.notify_all();
    return true;
}

bool scripted_node::read(connection& one, bool whole) {
    seen_request got;
    for (;;) {
        const auto state =
            read_message(one.in, whole ? body_rule::request : body_rule::head_only, got);
        if (state == progress::whole)
            break;
        if (state == progress::malformed || !fill(one))
            return false;
    }
    one.in.erase(0, got.size);
    if (!whole)
        return true;
    got.connection = one.index;
    got.head = without_request_id(got.head);
    const std::lock_guard hold(lock_);
    requests_.push_back(std::move(got));
    changed_.notify_all();
    return true;
}

bool scripted_node::echo(connection& one) {
    for (;;) {
        if (!one.in.empty() && !one.socket.send(one.in))
            return false;
        one.in.clear();
        if (!fill(one))
            break;
    }
    one.socket.shut_write();
    return false;
}

bool scripted_node::await_told() { return told_.try_acquire_for(patience); }

std::vector<seen_request> scripted_node::requests() const {
    const std::lock_guard hold(lock_);
    return requests_;
}

std::vector<seen_request> scripted_node::await_requests(std::size_t count) const {
    std::unique_lock hold(lock_);
    changed_.wait_for(hold, patience, [&] { return requests_.size() >= count; });
    return requests_;
}

std::size_t scripted_node::connections() const {
    const std::lock_guard hold(lock_);
    return connections_.size();
}

bool scripted_node::await_ended(std::size_t count) const {
    std::unique_lock hold(lock_);
    return changed_.wait_for(hold, patience, [&] { return ended_ >= count; });
}

std::string scripted_node::received_on(std::size_t index) const {
    const std::lock_guard hold(lock_);
    return index < connections_.size() ? connections_[index]->all : std::string{};
}

void scripted_node::forget_requests() {
    const std::lock_guard hold(lock_);
    requests_.clear();
}

}  // namespace sluice::conformance
