// SPDX-License-Identifier: Apache-2.0
// A request's place in the queue of a pool that has no connection for it now. Used by
// proxy/connect.
#pragma once

#include "sluice/base/error.hpp"
#include "sluice/runtime/gate.hpp"
#include "sluice/runtime/timer_wheel.hpp"

#include <coroutine>
#include <optional>

namespace sluice::upstream {

class node_pool;

/// Lives in the exchange; leaves the queue at its end.
class slot_wait : public runtime::timer {
public:
    /// `patience`: how long it would try to connect itself.
    slot_wait(node_pool&, time_point deadline, duration patience = {}) noexcept;
    ~slot_wait();

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept;
    runtime::wake await_resume() const noexcept { return why_; }

    /// Ends the wait with wake::interrupted.
    void interrupt() noexcept { finish(runtime::wake::interrupted); }
    /// Why the connection that was waited for could not be made, if that ended the wait.
    const std::optional<failure>& failed() const noexcept { return failed_; }

private:
    friend class node_pool;
    static void expire(runtime::timer&) noexcept;
    void finish(runtime::wake) noexcept;
    void finish(const failure& why) noexcept;

    node_pool& pool_;
    time_point deadline_;
    duration patience_;
    std::coroutine_handle<> waiter_;
    runtime::wake why_ = runtime::wake::ready;
    std::optional<failure> failed_;
};

}  // namespace sluice::upstream
