// SPDX-License-Identifier: Apache-2.0
// One worker's gateway: takes requests from any server codec and answers them through the nodes of
// its table. Read handle() in gateway.cpp first; everything else hangs from it.
#pragma once

#include "proxy/exchange.hpp"
#include "proxy/recorder.hpp"
#include "proxy/table.hpp"
#include "proxy/worker_view.hpp"
#include "sluice/base/random.hpp"
#include "sluice/http/exchange_io.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace sluice::proxy {

class gateway final : public http::request_handler {
public:
    /// `retired` gets each table once this worker needs it no more.
    gateway(runtime::worker&, recorder_sinks, worker_view::on_retired retired = {});
    ~gateway() override;

    /// From the next request on, this table holds; who began before stays on the one it has.
    /// Thread: the worker's.
    void adopt(std::shared_ptr<const table>);

    runtime::task<> handle(http::request_head&, http::client_stream&) override;
    void refused(const http::refusal&) noexcept override;
    void turned_away(errc) noexcept override;

    /// Closes idle connections to nodes to get descriptors back; says how many.
    std::size_t shed_idle() { return view_ ? view_->shed_idle() : 0; }
    /// Closes all idle connections for good.
    void drain() {
        if (view_)
            view_->drain();
    }

private:
    std::optional<failure> match(exchange&);
    std::optional<failure> prepare(exchange&);
    void answer(exchange&, const failure&);
    std::unique_ptr<exchange> take_exchange();
    void give_exchange(std::unique_ptr<exchange>) noexcept;

    runtime::worker& worker_;
    worker_view::on_retired retired_;
    pinned_view view_;
    recorder recorder_;
    random_source random_;
    std::vector<std::unique_ptr<exchange>> spare_;
};

}  // namespace sluice::proxy
