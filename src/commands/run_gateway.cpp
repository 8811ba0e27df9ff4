// SPDX-License-Identifier: Apache-2.0
#include "commands/run_gateway.hpp"

#include "app/process.hpp"
#include "app/systemd.hpp"
#include "commands/commands.hpp"
#include "sluice/telemetry/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace sluice::commands {

namespace {

void await_signal(boost::asio::signal_set& signals, app::process& running) {
    signals.async_wait([&](const boost::system::error_code& failed, int number) {
        if (failed)
            return;
        if (number == SIGHUP)
            running.reload();
        else if (number == SIGUSR1)
            running.reopen_logs();
        else
            running.stop();
        await_signal(signals, running);
    });
}

void end_at_once(int) { ::_exit(good); }

// Until a signal_set takes over: reading a large configuration takes a while, and nothing is held
// yet that an end would have to give back.
void mind_signals_while_loading() {
    // a client that closed is an answer to a write, not a reason to die
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGTERM, end_at_once);
    std::signal(SIGINT, end_at_once);
}

// What arrives while addresses are bound is kept for whoever runs a context later, and nothing has
// its default action until this ends.
struct kept_signals {
    boost::asio::io_context never_run;
    boost::asio::signal_set numbers{never_run, SIGHUP, SIGTERM, SIGINT};
    kept_signals() { numbers.add(SIGUSR1); }
};

// The loading thread only reads and computes, at low priority: it holds nothing an end would have to
// give back, and waiting for it could take seconds. It must not outlive what it works with either,
// so it ends with the program.
[[noreturn]] void end_now(app::process& running) {
    running.close();
    telemetry::stop_log();
    ::_exit(good);
}

}  // namespace

int run_gateway(const std::function<app::loaded_settings()>& load) {
    mind_signals_while_loading();
    app::process_surroundings outside{load};
    outside.by = app::supervision_by_systemd();
    auto loaded = load();
    std::cerr << loaded.problems.text();
    if (!loaded.problems.good())
        return bad_config;
    const auto log = loaded.values.log;
    const kept_signals kept;
    telemetry::start_log(log);
    int exit = good;
    try {
        app::process running(std::move(loaded), std::move(outside));
        boost::asio::signal_set signals(running.context(), SIGHUP, SIGTERM, SIGINT);
        signals.add(SIGUSR1);
        await_signal(signals, running);
        running.run();
        if (running.is_loading())
            end_now(running);
    } catch (const std::runtime_error& failed) {
        telemetry::log_error("{}", failed.what());
        exit = commands::failed;
    }
    telemetry::stop_log();
    return exit;
}

}  // namespace sluice::commands
