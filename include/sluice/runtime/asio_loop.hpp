// SPDX-License-Identifier: Apache-2.0
// Lets Asio drive a worker: the worker's set is one descriptor among others of an io_context. For
// the control thread, where signals, timers and libraries live on Asio and speed does not matter.
#pragma once

#include "sluice/runtime/worker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sluice::runtime {

class asio_loop {
public:
    /// Turns `driven` whenever its set or its next deadline asks for it. Both must outlive this.
    asio_loop(boost::asio::io_context&, worker& driven);
    ~asio_loop();
    asio_loop(const asio_loop&) = delete;
    asio_loop& operator=(const asio_loop&) = delete;

private:
    void turn();
    void await_events();
    void await_deadline();

    worker& driven_;
    boost::asio::posix::stream_descriptor set_;
    boost::asio::steady_timer deadline_;
};

}  // namespace sluice::runtime
