// SPDX-License-Identifier: Apache-2.0
// The HTTP/2 connections of a pool: which one has room for a stream, which are unused, which are to
// be asked whether their node is still there. Used by node_pool.
#pragma once

#include "http/h2/client_session.hpp"
#include "sluice/base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace sluice::upstream {

class shared_connections {
public:
    using session = http::h2::client_session;

    /// One that was not heard for longer is asked whether it still stands before it is used: what
    /// is sent over a dead one is lost, and not every request may be sent twice.
    static constexpr std::chrono::seconds trusted{10};
    /// How long a node may take to answer that.
    static constexpr std::chrono::seconds answer_time{2};
    /// How long a node may take to say what it allows, for which all who wait for it do.
    static constexpr std::chrono::seconds greeting_time{5};

    bool empty() const noexcept { return all_.empty(); }
    std::size_t size() const noexcept { return all_.size(); }
    /// Of those without a stream.
    std::size_t idle() const noexcept;
    /// One of them takes another stream.
    bool has_room() const noexcept;
    /// One is asked whether it still stands.
    bool probing() const noexcept;
    /// How many have yet to say what they allow.
    std::size_t greeting() const noexcept;
    /// How many streams one more is likely to carry: as many as the newest that has said so.
    std::size_t share() const noexcept;

    void add(session::pointer one) { all_.push_back({std::move(one), {}}); }
    /// A stream of the first with room that was made at `since` or later: the fewer connections are
    /// busy, the more requests leave in one write. Null when there is none.
    session::stream_pointer open(time_point since, time_point now);
    /// Takes a stream back.
    void close(session::stream_pointer, time_point now) noexcept;

    /// What of it is to be closed.
    enum class which : std::uint8_t { finished, idle };
    /// Closes those that no stream is on: all, or those that take no more streams. Says how many.
    std::size_t drop(which) noexcept;
    /// Closes all but `most` of those without a stream.
    std::size_t keep_idle(std::size_t most) noexcept;
    /// Closes those unused for `idle_time`, gives up those whose node does not answer, and asks
    /// unused ones whether they still stand. Says how many were closed.
    std::size_t look_after(time_point now, std::chrono::milliseconds idle_time) noexcept;
    /// All of them hear no more of their owner.
    void leave_all() noexcept;

private:
    struct one_of_them {
        session::pointer held;
        time_point idle_since;  // while no stream is on it
    };
    template <class Test>
    std::size_t drop_if(Test&& closes) noexcept;

    std::vector<one_of_them> all_;  // oldest first
};

}  // namespace sluice::upstream
