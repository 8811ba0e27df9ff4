// SPDX-License-Identifier: Apache-2.0
#include "sources/dns/watch_list.hpp"

#include "sluice/telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::sources {

using net::record_kind;

namespace {

constexpr std::array kinds = {record_kind::a, record_kind::aaaa, record_kind::srv};

}  // namespace

struct watch_list::entry : runtime::timer {
    entry(watch_list& list, net::dns_question what)
        : timer(&entry::fire), owner(list), asked(std::move(what)) {}

    static void fire(timer& due) noexcept {
        auto& self = static_cast<entry&>(due);
        self.owner.ask(self.asked);
    }

    watch_list& owner;
    net::dns_question asked;
    lookup known;
    std::size_t users = 0;
    std::uint64_t asking = 0;        // the number of its last question
    std::uint64_t failing_from = 0;  // the number of the answer that began its failures
};

watch_list::watch_list(runtime::worker& control, net::resolver& names, on_change changed)
    : control_(control), names_(names), changed_(std::move(changed)) {}

watch_list::~watch_list() = default;

void watch_list::add(const net::dns_question& what) {
    auto& one = entries_[what];
    if (!one) {
        one = std::make_unique<entry>(*this, what);
        ask(what);
    }
    ++one->users;
}

void watch_list::remove(const net::dns_question& what) {
    const auto found = entries_.find(what);
    if (found == entries_.end() || --found->second->users != 0)
        return;
    const auto name = found->first.name;
    entries_.erase(found);
    forget_trouble(name);
}

const lookup* watch_list::find(const net::dns_question& what) const {
    const auto found = entries_.find(what);
    return found == entries_.end() ? nullptr : &found->second->known;
}

// An answer may come between two turns of the worker, when its time is old and nobody looks at its
// deadlines: it is taken in the next turn.
void watch_list::ask(const net::dns_question& what) {
    const auto number = entries_.at(what)->asking = ++asked_;
    names_.resolve(what, [this, what, number, alive = std::weak_ptr(alive_)](const auto& answer) {
        if (alive.expired())
            return;
        control_.post([this, what, number, alive, answer] {
            if (!alive.expired())
                take(what, number, answer);
        });
    });
}

void watch_list::take(const net::dns_question& what, std::uint64_t number,
                      const net::dns_answer& answer) {
    const auto found = entries_.find(what);
    // Nobody wants it any more; or somebody does again and asked anew, and one answer counts once.
    if (found == entries_.end() || found->second->asking != number)
        return;
    auto& one = *found->second;
    note(one, answer);
    const bool changed = one.known.take(answer, control_.now(), random_.next());
    control_.timers().arm(one, one.known.due());
    tell_trouble(what);
    if (changed)
        changed_(what);
}

void watch_list::note(entry& of, const net::dns_answer& answer) {
    ++answers_;
    if (answer.what != net::dns_answer::verdict::failed) {
        last_good_ = answers_;
        last_success_ = std::chrono::system_clock::now();
    } else if (!of.known.is_failing()) {
        of.failing_from = answers_;
    }
}

service::source_state watch_list::state() const {
    const auto fails = [this](const auto& one) {
        return one.second->known.is_failing() && one.second->failing_from > last_good_;
    };
    return {last_success_ && std::ranges::none_of(entries_, fails), last_success_};
}

watch_list::trouble watch_list::trouble_of(const std::string& name) const {
    bool any_failing = false;
    bool all_absent = true;
    for (const auto kind : kinds) {
        const auto* const one = find({name, kind});
        if (one == nullptr)
            continue;
        any_failing = any_failing || one->is_failing();
        all_absent =
            all_absent && one->is_answered() && one->addresses().empty() && one->services().empty();
    }
    return any_failing ? trouble::failing : all_absent ? trouble::absent : trouble::none;
}

void watch_list::tell_trouble(const net::dns_question& what) {
    const auto now = trouble_of(what.name);
    const auto known = troubled_.find(what.name);
    const auto before = known == troubled_.end() ? trouble::none : known->second;
    if (now == before)
        return;
    if (now == trouble::failing)
        telemetry::log_warn("DNS: {} ({}) cannot be resolved: {}; what is known of it stays",
                            what.name, net::name_of(what.kind), find(what)->why());
    else if (now == trouble::absent)
        telemetry::log_warn("DNS: {} does not exist, or has no addresses", what.name);
    else
        telemetry::log_info("DNS: {} is resolved again", what.name);
    if (now == trouble::none)
        troubled_.erase(known);
    else
        troubled_[what.name] = now;
}

void watch_list::forget_trouble(const std::string& name) {
    if (std::ranges::none_of(kinds, [&](auto kind) { return find({name, kind}) != nullptr; }))
        troubled_.erase(name);
}

}  // namespace sluice::sources
