// SPDX-License-Identifier: Apache-2.0
#include "sluice/runtime/asio_loop.hpp"

namespace sluice::runtime {

asio_loop::asio_loop(boost::asio::io_context& context, worker& driven)
    : driven_(driven), set_(context, driven.sockets().fd()), deadline_(context) {
    await_events();
    await_deadline();
}

asio_loop::~asio_loop() { set_.release(); }  // the descriptor is the worker's

void asio_loop::turn() {
    driven_.turn(driven_.now());
    await_deadline();
}

void asio_loop::await_events() {
    set_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this](const boost::system::error_code& failed) {
                        if (failed)
                            return;
                        turn();
                        await_events();
                    });
}

void asio_loop::await_deadline() {
    const auto next = driven_.next_deadline();
    if (next == timer::never) {
        deadline_.cancel();
        return;
    }
    deadline_.expires_at(next);
    deadline_.async_wait([this](const boost::system::error_code& failed) {
        if (!failed)
            turn();
    });
}

}  // namespace sluice::runtime
