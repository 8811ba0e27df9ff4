// SPDX-License-Identifier: Apache-2.0
// Start-up in order, from top to bottom; then the drain. A reload is in process_reload.cpp, the
// admin API's reports are in process_reports.cpp.
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
// What the end itself may take: threads joined, a table of 100,000 routes freed.
constexpr std::chrono::seconds end_time{10};

}  // namespace

process::process(loaded_settings loaded, process_surroundings outside)
    : settings_(std::make_shared<const loaded_settings>(std::move(loaded))),
      outside_(std::move(outside)), supervisor_(std::move(outside_.by.notify)),
      passed_(std::move(outside_.by.sockets)),
      workers_count_(settings_->values.workers.value_or(usable_cpus())),
      descriptors_(raise_descriptor_limit()), started_(std::chrono::system_clock::now()),
      metrics_(settings_->values.metrics, workers_count_ + 1),
      access_log_(settings_->values.access_log, workers_count_ + 1), control_(workers_count_),
      publisher_(control_, build_table(settings_->values, workers_count_, 1), workers_count_,
                 [this](const auto& table) {
                     for (auto& one : workers_)
                         one->publish(table);
                 }),
      gate_(most_connections(settings_->values.limits.connections, descriptors_)),
      listeners_(workers_count_, metrics_, passed_),
      heartbeat_(control_, workers_count_, ways_to_beat()),
      sources_(outside_.sources, {context_, control_, publisher_}),
      last_reload_{true, started_, {}},
      reload_(control_, {[this] { return load_again(); },
                         [this](reloaded_settings next) { return apply(std::move(next)); }}),
      drain_deadline_(context_), admin_terms_(admin::terms_of(settings_->values.admin)),
      admin_handler_(control_, admin_terms_, *this), admin_gate_(admin_connections),
      admin_bound_(net::bind_listener(settings_->values.admin.address, 1)) {
    if (descriptors_ < few_descriptors)
        telemetry::log_warn(
            "only {} file descriptors allowed: raise LimitNOFILE for more than a few connections",
            descriptors_);
    // Everything is bound before anything is served: a start that fails has answered nobody, and
    // gives back what it bound.
    listeners_.mind_unused(settings_->values);
    auto listeners = listeners_.prepare(settings_->values);
    prepare_workers();
    tell_workers(publisher_.current(), listeners_.commit(std::move(listeners)));
    start_admin();
    watch_metrics();
}

process::~process() = default;

void process::prepare_workers() {
    const proxy::recorder_sinks sinks{metrics_, access_log_};
    for (unsigned index = 0; index < workers_count_; ++index) {
        workers_.push_back(std::make_unique<serving_worker>(
            index, sinks, gate_, descriptors_beside_reserve(descriptors_),
            [this] { boost::asio::post(context_, [this] { worker_drained(); }); },
            [this](std::shared_ptr<const proxy::table> done) {
                // freed here, not there: 100,000 routes take their time
                boost::asio::post(context_, [this, done = std::move(done)]() mutable {
                    retire(std::move(done));
                });
            }));
    }
}

void process::tell_workers(const publisher::shared_table& table,
                           std::vector<listener_changes> changes) {
    for (std::size_t at = 0; at < workers_.size(); ++at)
        workers_[at]->publish(table, std::move(changes[at]));
}

std::shared_ptr<const http::server_settings> process::admin_server_settings() const {
    auto made = std::make_shared<http::server_settings>();
    made->listener.name = "admin";
    made->deadlines = settings_->values.timeouts;
    return made;
}

void process::start_admin() {
    admin_server_ = std::make_unique<http::server>(control_, admin_server_settings(),
                                                   admin_handler_, [this] { admin_gate_.leave(); });
    admin_acceptor_ = std::make_unique<net::acceptor>(
        control_, admin_bound_.descriptors.front().release(), admin_address(), admin_gate_,
        net::acceptor::no_threshold,
        [this](int fd, const net::address& from) { admin_server_->adopt(fd, from); },
        [this] { return admin_server_->shed_idle(); });
    control_loop_ = std::make_unique<runtime::asio_loop>(context_, control_);
}

void process::run() {
    telemetry::log_info("admin API on {}", admin_address().to_string());
    for (auto& one : workers_)
        one->start();
    yield_to_others();  // whoever asks for a page of metrics can wait, requests cannot
    sources_.follow(sources_.prepare(settings_->values));
    runtime::spawn(admin_acceptor_->run());
    serving_ = true;
    supervisor_.ready(status_line());
    if (outside_.by.watchdog.count() != 0)
        heartbeat_.start(outside_.by.watchdog);
    const auto work = boost::asio::make_work_guard(context_);
    context_.run();
}

void process::close() {
    workers_.clear();
    access_log_.end();
}

heartbeat::ways process::ways_to_beat() {
    return {[this](unsigned index, std::function<void()> told) {
                workers_[index]->answer(std::move(told));
            },
            [this] { supervisor_.beat(draining_ ? "draining" : status_line()); },
            [](unsigned index) {
                telemetry::log_error("worker {} is stuck: its loop does not turn", index);
            }};
}

void process::stop() {
    boost::asio::post(context_, [this] { draining_ ? cut_short() : begin_drain(); });
}

void process::reopen_logs() {
    boost::asio::post(context_, [this] { access_log_.reopen(); });
}

void process::begin_drain() {
    draining_ = true;
    // in a turn of the loop: those who are told may wait there
    control_.post([this] { reload_.stop("the gateway is stopping"); });
    still_draining_ = workers_count_;
    telemetry::log_info("draining: {} connections open, for {} ms at most", gate_.open(),
                        settings_->values.timeouts.drain.count());
    supervisor_.stopping("draining", settings_->values.timeouts.drain + unwind_time + end_time);
    for (auto& one : workers_)
        one->drain();
    drain_deadline_.expires_after(settings_->values.timeouts.drain);
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
    listeners_.remove_socket_files();
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
