// SPDX-License-Identifier: Apache-2.0
// The admin API as a request_handler: collects the small body, asks respond(), writes the answer.
// Runs on the control thread.
#pragma once

#include "admin/api.hpp"
#include "sluice/base/random.hpp"
#include "sluice/http/exchange_io.hpp"
#include "sluice/runtime/event.hpp"

namespace sluice::admin {

class handler final : public http::request_handler {
public:
    /// All are borrowed.
    handler(runtime::worker& control_thread, const access_terms& terms, control& gateway)
        : control_thread_(control_thread), terms_(terms), gateway_(gateway) {}

    runtime::task<> handle(http::request_head&, http::client_stream&) override;
    void refused(const http::refusal&) noexcept override {}

private:
    runtime::task<answer> after_reload();

    runtime::worker& control_thread_;
    const access_terms& terms_;
    control& gateway_;
    random_source random_;
};

}  // namespace sluice::admin
