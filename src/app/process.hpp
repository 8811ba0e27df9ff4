// SPDX-License-Identifier: Apache-2.0
// The running gateway: everything put together, started in order, drained and stopped. One per
// process (tests run several). The thread that calls run() is the control thread.
#pragma once

#include "admin/handler.hpp"
#include "app/heartbeat.hpp"
#include "app/listener_set.hpp"
#include "app/load_settings.hpp"
#include "app/publisher.hpp"
#include "app/reloader.hpp"
#include "app/serving_worker.hpp"
#include "app/sources_in_use.hpp"
#include "app/supervision.hpp"
#include "app/supervisor.hpp"
#include "sluice/admin/control.hpp"
#include "sluice/runtime/asio_loop.hpp"
#include "sluice/telemetry/access_log.hpp"
#include "sluice/telemetry/log.hpp"
#include "sluice/telemetry/metric.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::app {

/// What a process takes from outside; tests bring their own.
struct process_surroundings {
    /// Reads the configuration anew, on another thread; absent: it cannot be reloaded.
    std::function<loaded_settings()> reread;
    sources_in_use::factory sources = &sources::make;
    supervision by{};  ///< who started us; absent: nobody in particular
};

class process final : public admin::control {
public:
    /// Binds every listener and the admin address. Throws std::runtime_error when an address, a
    /// passed socket or the log cannot be had.
    explicit process(loaded_settings, process_surroundings = {});
    ~process() override;

    /// Serves until drained. Thread: becomes the control thread.
    void run();

    /// After run(): whether a configuration that nobody waits for any more is still being read.
    /// That takes seconds for a large one, and the destructor waits for it.
    bool is_loading() const noexcept { return reload_.is_loading(); }
    /// After run(): writes out everything that must not be lost, so that the program may end
    /// without destroying this.
    void close();

    /// Stops accepting, finishes what is under way, ends run() when all is done or timeouts.drain
    /// has passed; called again: ends at once. Any thread.
    void stop();
    /// Reopens the access log. Any thread.
    void reopen_logs();
    /// Reads the configuration anew and, when it is good, uses it. Any thread.
    void reload();

    /// Where the listeners and the admin API are, with the ports the kernel chose.
    const std::vector<open_listener>& open_listeners() const noexcept { return listeners_.all(); }
    const net::address& admin_address() const noexcept { return admin_bound_.bound; }
    boost::asio::io_context& context() noexcept { return context_; }

    admin::readiness ready() const override;
    admin::status_report status() const override;
    std::vector<admin::listener_report> listeners() const override;
    std::vector<admin::service_report> services() const override;
    std::optional<admin::service_report> service(std::string_view name) const override;
    std::string config_json() const override { return settings_->effective(); }
    std::string metrics_text() const override { return metrics_.text(); }
    admin::explain_report explain(const admin::explain_request&) const override;
    telemetry::log_level level() const override { return telemetry::current_log_level(); }
    void set_level(telemetry::log_level level) override { telemetry::set_log_level(level); }
    void reload(std::function<void(const admin::reload_report&)> told) override;

private:
    void prepare_workers();
    void tell_workers(const publisher::shared_table&, std::vector<listener_changes>);
    void start_admin();
    void watch_metrics();
    void watch_services();
    void watch_sources();
    void tell_all_nodes(const telemetry::registry::teller&);
    reloader::loading load_again();
    admin::reload_report apply(reloaded_settings);
    void keep_what_needs_a_restart(settings&, std::vector<std::string>& told) const;
    struct prepared;
    prepared prepare(const settings&) const;
    void commit(reloaded_settings&, prepared) noexcept;
    void retire(std::shared_ptr<const proxy::table>) noexcept;
    void use(loaded_settings, prepared);
    admin::reload_report refuse(admin::reload_report, const config::report&);
    std::shared_ptr<const http::server_settings> admin_server_settings() const;
    heartbeat::ways ways_to_beat();
    std::string status_line() const;
    void begin_drain();
    void worker_drained();
    void cut_short();
    void finish();
    void remove_socket_files();

    std::shared_ptr<const loaded_settings> settings_;
    process_surroundings outside_;
    supervisor supervisor_;
    passed_sockets passed_;
    unsigned workers_count_;
    std::size_t descriptors_;
    std::chrono::system_clock::time_point started_;
    telemetry::registry metrics_;
    telemetry::access_log access_log_;
    runtime::worker control_;
    publisher publisher_;
    net::connection_gate gate_;
    listener_set listeners_;
    heartbeat heartbeat_;              // workers answer it until they have been joined
    boost::asio::io_context context_;  // workers post to it until they have been joined
    std::vector<std::unique_ptr<serving_worker>> workers_;

    sources_in_use sources_;  // ended before what they tell
    admin::reload_report last_reload_;
    std::uint64_t configured_generation_ = 1;  // of the first table of the settings in use
    std::string trouble_;                      // why the last reload was refused, in a line
    reloader reload_;
    boost::asio::steady_timer drain_deadline_;
    admin::access_terms admin_terms_;
    admin::handler admin_handler_;
    net::connection_gate admin_gate_;
    net::bound_listener admin_bound_;
    std::unique_ptr<http::server> admin_server_;
    std::unique_ptr<net::acceptor> admin_acceptor_;
    std::unique_ptr<runtime::asio_loop> control_loop_;

    unsigned still_draining_ = 0;
    bool draining_ = false;
    bool cut_short_ = false;
    bool serving_ = false;
};

}  // namespace sluice::app
