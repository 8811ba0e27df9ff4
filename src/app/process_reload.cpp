// SPDX-License-Identifier: Apache-2.0
// A reload from the request to the workers: what can fail is done first, then everything is made
// true at once.
#include "app/build_table.hpp"
#include "app/diff.hpp"
#include "app/machine.hpp"
#include "app/process.hpp"
#include "sluice/telemetry/log.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace sluice::app {

namespace {

// Lines of one reload in the log; the rest is counted.
constexpr std::size_t most_lines = 100;
// Routes and services of a table that leaves some MB behind.
constexpr std::size_t large_table = 1'000;

bool is_large(const proxy::table& one) {
    return one.routes->size() + one.services.size() >= large_table;
}

template <class Log>
void log_lines(const std::vector<std::string>& lines, Log log) {
    const auto shown = std::min(lines.size(), most_lines);
    for (std::size_t at = 0; at < shown; ++at)
        log(lines[at]);
    if (shown < lines.size())
        log(std::to_string(lines.size() - shown) + " more lines are not shown");
}

}  // namespace

void process::reload() {
    boost::asio::post(context_, [this] { reload_.request({}); });
}

void process::reload(std::function<void(const admin::reload_report&)> told) {
    reload_.request(std::move(told));
}

// What runs on the loading thread touches nothing but what it is given here.
reloader::loading process::load_again() {
    supervisor_.reloading();
    return [reread = outside_.reread, before = settings_, table = publisher_.current(),
            workers = workers_count_] {
        reloaded_settings result;
        result.built_on = table;
        if (!reread)
            return result;
        result.loaded = reread();
        if (!result.loaded.problems.good())
            return result;
        result.table = build_table(result.loaded.values, workers, 0, table.get());
        result.differences = differences(*before, result.loaded);
        return result;
    };
}

void process::keep_what_needs_a_restart(settings& next, std::vector<std::string>& told) const {
    const auto& now = settings_->values;
    const auto keep = [&](auto& theirs, const auto& ours, std::string_view key) {
        if (theirs == ours)
            return;
        theirs = ours;
        told.push_back("warning: " + std::string(key) +
                       ": takes effect on restart, the old value stays in use");
    };
    keep(next.workers, now.workers, "workers");
    keep(next.admin.address, now.admin.address, "admin.address");
}

admin::reload_report process::refuse(admin::reload_report report, const config::report& said) {
    report.ok = false;
    if (report.problems.empty())
        report.problems.emplace_back("this configuration cannot be read again");
    log_lines(report.problems, [](const auto& line) { telemetry::log_error("{}", line); });
    telemetry::log_error("reload refused: generation {} stays in use",
                         publisher_.current()->generation);
    const auto first = said.first_error();
    trouble_ = fmt::format("reload refused, problems: {}, the first: {}",
                           std::max(said.errors(), std::size_t{1}),
                           first.empty() ? report.problems.back() : first);
    last_reload_ = report;
    supervisor_.ready(status_line());
    if (is_large(*publisher_.current()))  // so was the file that was read for nothing
        boost::asio::post(context_, [] { give_back_memory(); });
    return report;
}

// Everything of a reload that can fail, made and not yet used.
struct process::prepared {
    listener_set::plan listeners;
    sources_in_use::plan sources;
    std::optional<telemetry::access_log::opened> log;  // none: the place stays
};

admin::reload_report process::apply(reloaded_settings next) {
    admin::reload_report report{true, std::chrono::system_clock::now(),
                                next.loaded.problems.lines()};
    if (!next.failed.empty())
        report.problems.push_back("the configuration could not be read: " + next.failed);
    if (!next.table)
        return refuse(std::move(report), next.loaded.problems);
    std::optional<prepared> made;
    try {
        made.emplace(prepare(next.loaded.values));
    } catch (const std::exception& failed) {
        report.problems.emplace_back(failed.what());
        return refuse(std::move(report), {});
    }
    keep_what_needs_a_restart(next.loaded.values, report.problems);
    commit(next, std::move(*made));
    listeners_.mind_unused(settings_->values);
    log_lines(report.problems, [](const auto& line) { telemetry::log_warn("{}", line); });
    log_lines(next.differences, [](const auto& line) { telemetry::log_info("reload: {}", line); });
    telemetry::log_info("reloaded: generation {}, {} changes", publisher_.current()->generation,
                        next.differences.size());
    trouble_.clear();
    last_reload_ = report;
    supervisor_.ready(status_line());
    return report;
}

process::prepared process::prepare(const settings& values) const {
    prepared made{listeners_.prepare(values), sources_.prepare(values), {}};
    if (values.access_log.path != settings_->values.access_log.path)
        made.log.emplace(access_log_.prepare(values.access_log));
    return made;
}

// Half a reload would be worse than an end, so nothing is thrown from here on: what is left to want
// is memory.
void process::commit(reloaded_settings& next, prepared made) noexcept {
    metrics_.set_max_series(next.loaded.values.metrics.max_series);
    publisher_.replace(std::move(next.table), next.built_on, [&](const auto& table) {
        tell_workers(table, listeners_.commit(std::move(made.listeners)));
    });
    configured_generation_ = publisher_.current()->generation;
    use(std::move(next.loaded), std::move(made));
}

// Other nodes make another table too, which shares almost everything and leaves nothing behind: what
// counts is a former configuration, with its texts and what reading the one after it took.
void process::retire(std::shared_ptr<const proxy::table> done) noexcept {
    const bool last = done.use_count() == 1;
    const bool leaves_much = done->generation < configured_generation_ && is_large(*done);
    done.reset();
    if (last && leaves_much)
        give_back_memory();
}

void process::use(loaded_settings next, prepared made) {
    const auto before =
        std::exchange(settings_, std::make_shared<const loaded_settings>(std::move(next)));
    const auto& values = settings_->values;
    admin_terms_ = admin::terms_of(values.admin);  // first: a token that was withdrawn is withdrawn
    gate_.set_limit(most_connections(values.limits.connections, descriptors_));
    access_log_.change(values.access_log, std::move(made.log));
    // A level set through the admin API stays until the file says something new.
    if (values.log.level != before->values.log.level)
        telemetry::set_log_level(values.log.level);
    telemetry::set_log_format(values.log.format);
    admin_server_->replace(admin_server_settings());
    sources_.follow(std::move(made.sources));
}

}  // namespace sluice::app
