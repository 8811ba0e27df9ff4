// SPDX-License-Identifier: Apache-2.0
#include "app/listener_set.hpp"

#include "app/build_listener.hpp"
#include "sluice/telemetry/log.hpp"

#include <algorithm>
#include <utility>

namespace sluice::app {

std::optional<std::size_t> listener_set::place_of(const http::listener_settings& one) const {
    const auto found = std::ranges::find_if(open_, [&](const open_listener& known) {
        const auto& was = known.settings->listener;
        // Port 0 is another port each time, so only the name tells whose it is.
        return was.address == one.address && (!one.address.is_any_port() || was.name == one.name);
    });
    return found == open_.end() ? std::nullopt
                                : std::optional(static_cast<std::size_t>(found - open_.begin()));
}

net::bound_listener listener_set::bind(const net::address& where) const {
    return where.is_passed() ? passed_.share(where.passed_name(), workers_count_)
                             : net::bind_listener(where, workers_count_);
}

listener_set::plan listener_set::prepare(const settings& from) const {
    plan made;
    for (const auto& one : from.listeners) {
        plan::entry entry;
        entry.kept = place_of(one);
        entry.settings = settings_for(one, from, entry.kept);
        if (!entry.kept)
            entry.bound.emplace(bind(one.address));
        made.entries_.push_back(std::move(entry));
    }
    return made;
}

// The settings of an open listener stay the same object when nothing in them changed: its
// connections need not hear of it then.
std::shared_ptr<const http::server_settings>
listener_set::settings_for(const http::listener_settings& one, const settings& from,
                           std::optional<std::size_t> kept) const {
    auto before = kept ? open_[*kept].settings : nullptr;
    if (before && before->listener == one && before->bounds == from.limits &&
        before->deadlines == from.timeouts)
        return before;
    return build_listener(one, from, {metrics_, tickets_}, before.get(), presence_of(one.name));
}

// Of whoever bears that name by now, connections of a former one that have not ended included: then
// the page never had to do without it.
std::shared_ptr<const void> listener_set::presence_of(const std::string& name) const {
    std::erase_if(present_, [](const auto& one) { return one.second.expired(); });
    auto& known = present_[name];
    auto held = known.lock();
    if (!held)
        known = held = std::make_shared<const char>();
    return held;
}

std::shared_ptr<telemetry::gauge> listener_set::gauge_of(const http::listener_settings& one) {
    return metrics_.make_gauge("sluice_downstream_connections", {{"listener", one.name}});
}

void listener_set::open(open_listener& made, std::vector<listener_changes>& told) {
    made.connections = gauge_of(made.settings->listener);
    telemetry::log_info("listening on {} as {}", made.bound.bound.to_string(),
                        made.settings->listener.name);
    for (std::size_t worker = 0; worker < told.size(); ++worker)
        told[worker].opened.push_back({made.id, made.settings, made.connections,
                                       std::move(made.bound.descriptors[worker]),
                                       made.bound.bound});
}

std::vector<listener_changes> listener_set::commit(plan next) noexcept {
    std::vector<listener_changes> told(workers_count_);
    std::vector<open_listener> now;
    now.reserve(next.entries_.size());
    std::vector<bool> stays(open_.size());
    for (auto& entry : next.entries_) {
        if (!entry.kept) {
            open(now.emplace_back(open_listener{next_id_++, std::move(entry.settings),
                                                std::move(*entry.bound), nullptr}),
                 told);
            continue;
        }
        stays[*entry.kept] = true;
        auto& kept = now.emplace_back(std::move(open_[*entry.kept]));
        if (kept.settings == entry.settings)
            continue;
        kept.settings = std::move(entry.settings);
        kept.connections = gauge_of(kept.settings->listener);
        for (auto& one : told)
            one.changed.push_back(
                {kept.id, kept.settings, kept.connections, net::owned_fd(-1), {}});
    }
    for (std::size_t at = 0; at < open_.size(); ++at) {
        if (stays[at])
            continue;
        telemetry::log_info("no longer listening on {} as {}", open_[at].bound.bound.to_string(),
                            open_[at].settings->listener.name);
        open_[at].bound.file.remove();  // nobody new finds it; who came is served
        for (auto& one : told)
            one.ended.push_back(open_[at].id);
    }
    open_ = std::move(now);
    return told;
}

void listener_set::mind_unused(const settings& by) {
    std::vector<std::string> unused;
    for (const auto& name : passed_.names())
        if (std::ranges::none_of(by.listeners, [&](const auto& one) {
                return one.address == net::address::passed(name);
            }))
            unused.push_back(name);
    for (const auto& name : unused)
        if (std::ranges::find(unused_, name) == unused_.end())
            telemetry::log_warn("no listener has address systemd:{}: who connects to that socket "
                                "is not answered",
                                name);
    unused_ = std::move(unused);
}

void listener_set::remove_socket_files() noexcept {
    for (auto& one : open_)
        one.bound.file.remove();
}

}  // namespace sluice::app
