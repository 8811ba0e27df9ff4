// SPDX-License-Identifier: Apache-2.0
// Start-up in order, from top to bottom; then the drain. The admin API's reports are in
// process_reports.cpp.
#include "app/process.hpp"

#include "app/build_table.hpp"
#include "app/machine.hpp"
#include "sluice/telemetry/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace sluice::app {

namespace {

// Below this a busy gateway runs out soon: a client connection usually needs a second one to a
// node.
constexpr std::size_t few_descriptors = 4096;
constexpr std::size_t admin_connections = 256;
// How long connections may take to unwind once they were broken.
constexpr std::chrono::seconds unwind_time{2};

std::size_t most_connections(const http::limits& bounds, std::size_t descriptors) {
    return std::min(bounds.connections, descriptors_beside_reserve(descriptors));
}

}  // namespace

process::process(loaded_settings loaded)
    : settings_(std::move(loaded)),
      workers_count_(settings_.values.workers.value_or(usable_cpus())),
      descriptors_(raise_descriptor_limit()), started_(std::chrono::system_clock::now()),
      metrics_(settings_.values.metrics, workers_count_ + 1),
      access_log_(settings_.values.access_log, workers_count_ + 1),
      table_(build_table(settings_.values, workers_count_, 1)),
      gate_(most_connections(settings_.values.limits, descriptors_)), control_(workers_count_),
      drain_deadline_(context_), admin_terms_(admin::terms_of(settings_.values.admin)),
      admin_handler_(admin_terms_, *this), admin_gate_(admin_connections),
      admin_bound_(net::bind_listener(settings_.values.admin.address, 1)) {
    if (descriptors_ < few_descriptors)
        telemetry::log_warn(
            "only {} file descriptors allowed: raise LimitNOFILE for more than a few connections",
            descriptors_);
    // Everything is bound before anything is served: a start that fails has answered nobody, and
    // gives back what it bound.
    bind_listeners();
    prepare_workers();
    start_admin();
    watch_metrics();
}

process::~process() = default;

void process::bind_listeners() {
    for (const auto& one : settings_.values.listeners) {
        auto settings = std::make_shared<http::h1::server_settings>();
        settings->listener = one;
        settings->bounds = settings_.values.limits;
        settings->deadlines = settings_.values.timeouts;
        listeners_.push_back(
            {std::move(settings), net::bind_listener(one.address, workers_count_),
             metrics_.make_gauge("sluice_downstream_connections", {{"listener", one.name}})});
    }
}

void process::prepare_workers() {
    const proxy::recorder_sinks sinks{metrics_, access_log_, settings_.values.metrics.per_route,
                                      settings_.values.metrics.per_node};
    for (unsigned index = 0; index < workers_count_; ++index) {
        workers_.push_back(std::make_unique<serving_worker>(
            index, sinks, gate_, descriptors_beside_reserve(descriptors_),
            [this] { boost::asio::post(context_, [this] { worker_drained(); }); }));
        workers_.back()->adopt(table_);
        for (auto& one : listeners_)
            workers_.back()->listen(one);
    }
}

void process::start_admin() {
    auto settings = std::make_shared<http::h1::server_settings>();
    settings->listener.name = "admin";
    settings->deadlines = settings_.values.timeouts;
    admin_server_ = std::make_unique<http::h1::server>(
        control_, std::move(settings), admin_handler_, [this] { admin_gate_.leave(); });
    admin_acceptor_ = std::make_unique<net::acceptor>(
        control_, admin_bound_.descriptors.front().release(), admin_address(), admin_gate_,
        net::acceptor::no_threshold,
        [this](int fd, const net::address& from) { admin_server_->adopt(fd, from); },
        [this] { return admin_server_->shed_idle(); });
    control_loop_ = std::make_unique<runtime::asio_loop>(context_, control_);
}

void process::run() {
    for (const auto& one : listeners_)
        telemetry::log_info("listening on {} as {}", one.bound.bound.to_string(),
                            one.settings->listener.name);
    telemetry::log_info("admin API on {}", admin_address().to_string());
    for (auto& one : workers_)
        one->start();
    runtime::spawn(admin_acceptor_->run());
    serving_ = true;
    const auto work = boost::asio::make_work_guard(context_);
    context_.run();
}

void process::stop() {
    boost::asio::post(context_, [this] { draining_ ? cut_short() : begin_drain(); });
}

void process::reopen_logs() {
    boost::asio::post(context_, [this] { access_log_.reopen(); });
}

void process::begin_drain() {
    draining_ = true;
    still_draining_ = workers_count_;
    telemetry::log_info("draining: {} connections open, for {} ms at most", gate_.open(),
                        settings_.values.timeouts.drain.count());
    for (auto& one : workers_)
        one->drain();
    drain_deadline_.expires_after(settings_.values.timeouts.drain);
    drain_deadline_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled)
            cut_short();
    });
}

void process::cut_short() {
    if (cut_short_)
        return finish();
    cut_short_ = true;
    telemetry::log_warn("stopping with {} connections still open", gate_.open());
    for (auto& one : workers_)
        one->abort();
    drain_deadline_.expires_after(unwind_time);
    drain_deadline_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled)
            finish();
    });
}

void process::worker_drained() {
    if (still_draining_ == 0)
        return;
    --still_draining_;
    if (still_draining_ == 0)
        finish();
}

void process::remove_socket_files() {
    for (auto& one : listeners_)
        one.bound.file.remove();
    admin_bound_.file.remove();
}

void process::finish() {
    for (auto& one : workers_)
        one->stop();
    admin_acceptor_->stop();
    admin_server_->abort();
    // The admin connections unwind in the control worker's next turns; nothing may run on after
    // that.
    control_.turn(control_.now());
    control_.turn(control_.now());
    remove_socket_files();
    telemetry::log_info("stopped");
    context_.stop();
}

}  // namespace sluice::app
