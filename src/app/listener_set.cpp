// SPDX-License-Identifier: Apache-2.0
#include "app/listener_set.hpp"

#include "sluice/telemetry/log.hpp"

#include <algorithm>
#include <utility>

namespace sluice::app {

namespace {

using shared_settings = std::shared_ptr<const http::h1::server_settings>;

// The settings of an open listener stay the same object when nothing in them changed: its
// connections need not hear of it then.
shared_settings settings_for(const http::listener_settings& one, const settings& from,
                             const shared_settings& before) {
    if (before && before->listener == one && before->bounds == from.limits &&
        before->deadlines == from.timeouts)
        return before;
    auto made = std::make_shared<http::h1::server_settings>();
    made->listener = one;
    made->bounds = from.limits;
    made->deadlines = from.timeouts;
    return made;
}

// Port 0 is another port each time, so only the name tells whose it is.
bool is_chosen_by_kernel(const net::address& one) { return !one.is_unix() && one.port() == 0; }

}  // namespace

std::optional<std::size_t> listener_set::place_of(const http::listener_settings& one) const {
    const auto found = std::ranges::find_if(open_, [&](const open_listener& known) {
        const auto& was = known.settings->listener;
        return was.address == one.address &&
               (!is_chosen_by_kernel(one.address) || was.name == one.name);
    });
    return found == open_.end() ? std::nullopt
                                : std::optional(static_cast<std::size_t>(found - open_.begin()));
}

listener_set::plan listener_set::prepare(const settings& from) const {
    plan made;
    for (const auto& one : from.listeners) {
        plan::entry entry;
        entry.kept = place_of(one);
        entry.settings =
            settings_for(one, from, entry.kept ? open_[*entry.kept].settings : nullptr);
        if (!entry.kept)
            entry.bound.emplace(net::bind_listener(one.address, workers_count_));
        made.entries_.push_back(std::move(entry));
    }
    return made;
}

std::shared_ptr<telemetry::gauge> listener_set::gauge_of(const http::listener_settings& one) {
    return metrics_.make_gauge("sluice_downstream_connections", {{"listener", one.name}});
}

void listener_set::commit(plan next, worker_list serving) {
    std::vector<open_listener> now;
    now.reserve(next.entries_.size());
    std::vector<bool> stays(open_.size());
    for (auto& entry : next.entries_) {
        if (!entry.kept) {
            auto& made = now.emplace_back(open_listener{next_id_++, std::move(entry.settings),
                                                        std::move(*entry.bound), nullptr});
            made.connections = gauge_of(made.settings->listener);
            telemetry::log_info("listening on {} as {}", made.bound.bound.to_string(),
                                made.settings->listener.name);
            for (const auto& worker : serving)
                worker->listen(made);
            continue;
        }
        stays[*entry.kept] = true;
        auto& kept = now.emplace_back(std::move(open_[*entry.kept]));
        if (kept.settings == entry.settings)
            continue;
        kept.settings = std::move(entry.settings);
        kept.connections = gauge_of(kept.settings->listener);
        for (const auto& worker : serving)
            worker->replace(kept);
    }
    for (std::size_t at = 0; at < open_.size(); ++at) {
        if (stays[at])
            continue;
        telemetry::log_info("no longer listening on {} as {}", open_[at].bound.bound.to_string(),
                            open_[at].settings->listener.name);
        open_[at].bound.file.remove();  // nobody new finds it; who came is served
        for (const auto& worker : serving)
            worker->end(open_[at]);
    }
    open_ = std::move(now);
}

void listener_set::remove_socket_files() noexcept {
    for (auto& one : open_)
        one.bound.file.remove();
}

}  // namespace sluice::app
