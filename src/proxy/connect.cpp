// SPDX-License-Identifier: Apache-2.0
#include "proxy/connect.hpp"

#include "sluice/net/dialer.hpp"
#include "sluice/runtime/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sluice::proxy {

using runtime::wake;

namespace {

failure refused(upstream::node_pool& pool, std::string_view why) {
    pool.stats().set_last_error(why);
    return {errc::connect_failed, blame::upstream, retry_hint::always, "connect"};
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

}  // namespace

runtime::task<outcome<upstream::node_pool::connection>>
connect(exchange& x, upstream::node_pool& pool, tries& left) {
    const auto deadline = left.connect_deadline();
    if (left.fresh())
        pool.shed_idle();  // what the node closed once it has most likely closed more than once
    const auto room_by = std::min(deadline, x.worker.now() + x.target->deadlines.connect);
    while (!pool.reserve()) {
        upstream::slot_wait queued(pool, room_by);
        const while_waiting told(x.queued, &queued);
        const auto why = co_await queued;
        if (x.stopped()) {
            if (why == wake::ready)
                pool.wake_next();
            co_return x.stop_reason();
        }
        if (why == wake::expired)
            co_return failure{errc::overloaded, blame::gateway, retry_hint::never, "pool"};
        auto idle = left.fresh() ? nullptr : pool.take_idle();
        if (idle) {
            left.leased_from_pool();
            co_return idle;
        }
    }
    auto dialled = net::start_dial(x.worker, pool.target());
    if (!dialled) {
        const auto why = not_even_dialled(pool, errno);
        pool.release();
        co_return why;
    }
    const auto began = x.worker.now();
    const auto connect_by = std::min(deadline, x.worker.now() + x.target->deadlines.connect);
    wake why = wake::ready;
    {
        const while_waiting told(x.dialling, dialled.get());
        why = co_await dialled->writable(connect_by);
    }
    const int error = why == wake::ready ? net::dial_error(*dialled) : 0;
    if (why == wake::ready && error == 0) {
        x.connect_took = x.worker.now() - began;
        co_return pool.adopt(std::move(dialled));
    }
    const auto failed = x.stopped()          ? x.stop_reason()
                        : why == wake::ready ? refused(pool, std::strerror(error))
                                             : refused(pool, "connect timed out");
    dialled.reset();
    pool.release();
    co_return failed;
}

}  // namespace sluice::proxy
