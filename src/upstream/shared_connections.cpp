// SPDX-License-Identifier: Apache-2.0
#include "upstream/shared_connections.hpp"

#include <algorithm>
#include <utility>

namespace sluice::upstream {

namespace {

// An unused connection is asked twice in its time, and never more often than that: servers of gRPC
// take a third unasked ping for abuse and close.
duration probe_interval(std::chrono::milliseconds idle_time) noexcept {
    return std::max<duration>(std::chrono::seconds{15}, idle_time / 3);
}

// Why it is given up; empty when it is not.
std::string_view objection_to(const http::h2::client_session& one, time_point now) noexcept {
    if (one.probing() && now - one.probed() >= shared_connections::answer_time)
        return "ping";
    if (one.greeting() && now - one.made() >= shared_connections::greeting_time)
        return "settings";
    return {};
}

}  // namespace

std::size_t shared_connections::idle() const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(all_, [](const auto& one) { return one.held->active() == 0; }));
}

bool shared_connections::has_room() const noexcept {
    return std::ranges::any_of(all_, [](const auto& one) { return one.held->has_room(); });
}

bool shared_connections::probing() const noexcept {
    return std::ranges::any_of(all_, [](const auto& one) { return one.held->probing(); });
}

std::size_t shared_connections::greeting() const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(all_, [](const auto& one) { return one.held->greeting(); }));
}

std::size_t shared_connections::share() const noexcept {
    for (auto one = all_.rbegin(); one != all_.rend(); ++one)
        if (!one->held->retired() && !one->held->greeting())
            return std::max<std::size_t>(1, one->held->most_allowed());
    return session::most_streams;
}

// One with streams is asked like any other: they may all wait for a node that is gone.
shared_connections::session::stream_pointer shared_connections::open(time_point since,
                                                                     time_point now) {
    for (auto& one : all_) {
        if (one.held->made() < since || !one.held->has_room())
            continue;
        if (now - one.held->heard() < trusted)
            return session::open(one.held);
        one.held->probe();
    }
    return nullptr;
}

void shared_connections::close(session::stream_pointer used, time_point now) noexcept {
    const auto on = used->session();
    on->take_back(std::move(used));
    const auto found = std::ranges::find(all_, on, &one_of_them::held);
    if (found != all_.end())
        found->idle_since = now;
}

// A connection that is told to leave breaks what waits for it; that comes after it is out of the
// list.
template <class Test>
std::size_t shared_connections::drop_if(Test&& closes) noexcept {
    std::vector<session::pointer> dropped;
    std::erase_if(all_, [&](const one_of_them& one) {
        if (!closes(one))
            return false;
        dropped.push_back(one.held);
        return true;
    });
    for (const auto& one : dropped)
        one->leave();
    return dropped.size();
}

std::size_t shared_connections::drop(which what) noexcept {
    const auto closes = [what](const one_of_them& one) {
        return one.held->active() == 0 && (what == which::idle || one.held->retired());
    };
    return std::ranges::any_of(all_, closes) ? drop_if(closes) : 0;
}

std::size_t shared_connections::keep_idle(std::size_t most) noexcept {
    const auto unused = idle();
    if (unused <= most)
        return 0;
    auto over = unused - most;
    return drop_if([&over](const one_of_them& one) {
        const bool closes = one.held->active() == 0 && over != 0;
        over -= closes ? 1 : 0;
        return closes;
    });
}

std::size_t shared_connections::look_after(time_point now,
                                           std::chrono::milliseconds idle_time) noexcept {
    const auto interval = probe_interval(idle_time);
    for (const auto& one : all_)
        if (const auto why = objection_to(*one.held, now); !why.empty())
            one.held->abandon(why);
    const auto closed = drop_if([&](const one_of_them& one) {
        const auto& held = *one.held;
        if (held.active() != 0)
            return false;
        return held.retired() || one.idle_since + idle_time < now;
    });
    for (auto& one : all_)
        if (one.held->active() == 0 && now - one.held->heard() >= interval)
            one.held->probe();
    return closed;
}

void shared_connections::leave_all() noexcept {
    drop_if([](const one_of_them&) { return true; });
}

}  // namespace sluice::upstream
