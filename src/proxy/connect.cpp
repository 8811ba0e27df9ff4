// SPDX-License-Identifier: Apache-2.0
#include "proxy/connect.hpp"

#include "proxy/tls_trouble.hpp"
#include "sluice/net/dialer.hpp"
#include "sluice/net/tls_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace sluice::proxy {

using runtime::wake;

namespace {

failure refused(upstream::node_pool& pool, std::string_view why) {
    pool.stats().set_last_error(why);
    return {errc::connect_failed, blame::upstream, retry_hint::always, "connect"};
}

failure not_secured(const exchange& x, upstream::node_pool& pool, std::string_view why) {
    tell_tls_trouble(x, pool, why);
    return {errc::tls_failed, blame::upstream, retry_hint::always, "tls"};
}

// Out of descriptors no node is to blame and no other node would do better.
failure not_even_dialled(upstream::node_pool& pool, int error) {
    if (error == EMFILE || error == ENFILE)
        return {errc::overloaded, blame::gateway, retry_hint::never, "descriptors"};
    return refused(pool, std::strerror(error));
}

// Sets a member for as long as a wait lasts.
template <class T>
class while_waiting {
public:
    while_waiting(T*& slot, T* what) noexcept : slot_(slot) { slot_ = what; }
    ~while_waiting() { slot_ = nullptr; }
    while_waiting(const while_waiting&) = delete;
    while_waiting& operator=(const while_waiting&) = delete;

private:
    T*& slot_;
};

// A connected stream, or why not.
runtime::task<outcome<std::unique_ptr<net::stream>>> dial(exchange& x, upstream::node_pool& pool,
                                                          time_point by) {
    auto dialled = net::start_dial(x.worker, pool.where().target);
    if (!dialled)
        co_return not_even_dialled(pool, errno);
    wake why = wake::ready;
    {
        const while_waiting told(x.dialling, dialled.get());
        why = co_await dialled->writable(by);
    }
    if (x.stopped())
        co_return x.stop_reason();
    if (why != wake::ready)
        co_return refused(pool, "connect timed out");
    if (const int error = net::dial_error(*dialled); error != 0)
        co_return refused(pool, std::strerror(error));
    co_return dialled;
}

// The TLS handshake over a new connection: until it is done nothing of what the node says counts
// as an answer (CVE-2026-1642). Nothing when it is done, else why not.
runtime::task<std::optional<failure>> secure(exchange& x, upstream::node_pool& pool,
                                             net::stream& dialled, time_point by) {
    if (!pool.secure(dialled))
        co_return not_secured(x, pool, "the handshake cannot be begun");
    const while_waiting told(x.dialling, &dialled);
    for (;;) {
        switch (dialled.handshake()) {
        case net::io_state::done:
            if (const auto why = pool.objection_to(dialled); !why.empty())
                co_return not_secured(x, pool, why);
            co_return std::nullopt;
        case net::io_state::broken:
            co_return not_secured(x, pool, dialled.tls()->failure());
        case net::io_state::blocked:
            const auto why = co_await dialled.handshake_step(by);
            if (x.stopped())
                co_return x.stop_reason();
            if (why == wake::expired)
                co_return not_secured(x, pool, "the handshake timed out");
        }
    }
}

// Who needs a fresh connection closes the idle ones first, each time: what the node closed once it
// has most likely closed more than once, and one that came to rest since would hold the place.
bool has_room(upstream::node_pool& pool, const tries& left) {
    if (left.fresh())
        pool.shed_idle();
    return pool.reserve();
}

// Waits until there may be room, or until the connection that is being made for all stands or
// fails: who dials it has deadlines for that. Nothing when it is worth looking again.
runtime::task<std::optional<failure>> wait_for_room(exchange& x, upstream::node_pool& pool,
                                                    time_point room_by, time_point connect_by) {
    upstream::slot_wait queued(pool, pool.is_shared_soon() ? connect_by : room_by,
                               x.target->deadlines.connect);
    const while_waiting told(x.queued, &queued);
    const auto why = co_await queued;
    if (x.stopped()) {
        if (why == wake::ready)
            pool.wake_next();
        co_return x.stop_reason();
    }
    if (why == wake::expired)
        co_return failure{errc::overloaded, blame::gateway, retry_hint::never, "pool"};
    co_return queued.failed();
}

// The place is given up. Others who wait for the same connection hear of it, unless it failed for
// what is this request's own: it was stopped, found no descriptor, or had less time than they have.
void give_up_place(const exchange& x, upstream::node_pool& pool, const failure& why,
                   time_point began, time_point deadline) {
    if (x.stopped() || why.who != blame::upstream)
        return pool.release();
    const auto now = x.worker.now();
    const bool in_time = now < deadline && now - began < x.target->deadlines.connect;
    pool.release(why, in_time ? duration::max() : now - began);
}

}  // namespace

runtime::task<outcome<upstream::connection>> connect(exchange& x, upstream::node_pool& pool,
                                                     tries& left) {
    const auto deadline = left.connect_deadline();
    const auto room_by = std::min(deadline, x.worker.now() + x.target->deadlines.connect);
    while (!has_room(pool, left)) {
        const auto failed = co_await wait_for_room(x, pool, room_by, deadline);
        if (failed)
            co_return *failed;
        auto leased = left.lease_from(pool);
        if (leased)
            co_return leased;
    }
    const auto began = x.worker.now();
    auto dialled = co_await dial(x, pool, std::min(deadline, began + x.target->deadlines.connect));
    std::optional<failure> failed;
    if (!dialled)
        failed = dialled.error();
    else if (pool.where().tls)
        failed =
            co_await secure(x, pool, **dialled,
                            std::min(deadline, x.worker.now() + x.target->deadlines.upstream_tls));
    if (failed) {
        give_up_place(x, pool, *failed, began, deadline);
        co_return *failed;
    }
    x.connect_took = x.worker.now() - began;
    co_return pool.adopt(std::move(*dialled));
}

}  // namespace sluice::proxy
