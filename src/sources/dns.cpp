// SPDX-License-Identifier: Apache-2.0
// Nodes found by DNS:
//
//     services:
//       - name: catalog
//         source: dns
//         url: [catalog.internal:8443, _catalog._tcp.shop.internal]
//
// The nodes of a service are the addresses of all its names, told as a whole whenever they are
// others than before. When a name is asked again and what a failure means is lookup's to say.
#include "sluice/telemetry/log.hpp"
#include "sources/catalog.hpp"
#include "sources/dns/named_nodes.hpp"
#include "sources/dns/watch_list.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace sluice::sources {

namespace {

// The families of one name, and the targets of SRV records, arrive one by one: changes wait so long
// for others, and go as one.
constexpr std::chrono::milliseconds gathering{50};
constexpr std::size_t most_logged = 8;

struct followed {
    std::vector<service::dns_name> names;
    std::vector<net::dns_question> questions;  // sorted
    std::optional<std::vector<service::node>> told;
    std::vector<holding> holdings;  // of the last nodes there were
};

void log_change(const std::string& service, const std::vector<service::node>& before,
                const std::vector<service::node>& now) {
    std::set<net::address> old;
    for (const auto& one : before)
        old.insert(one.address);
    std::size_t added = 0;
    std::string some;
    for (std::size_t at = 0; at < now.size(); ++at) {
        added += old.erase(now[at].address) == 0 ? 1 : 0;
        if (at < most_logged)
            some += (at == 0 ? ": " : ", ") + now[at].address.to_string();
    }
    telemetry::log_info("DNS: nodes of {}: {} ({} new, {} gone){}{}", service, now.size(), added,
                        old.size(), some, now.size() > most_logged ? ", ..." : "");
}

class dns_source final : public service::service_source, runtime::timer {
public:
    explicit dns_source(const surroundings& around)
        : timer(&dns_source::gathered), around_(around),
          watched_(around.control, around.names, [this](const auto& what) { changed(what); }) {}

    void follow(const std::vector<service::service_settings>& wanted) override {
        std::set<std::string_view> names;
        for (const auto& one : wanted)
            names.insert(one.name);
        for (auto one = services_.begin(); one != services_.end();) {
            if (!names.contains(one->first)) {
                watch(one->first, one->second, {});
                one = services_.erase(one);
            } else {
                ++one;
            }
        }
        for (const auto& one : wanted)
            begin(one);
    }

    service::source_state state() const override { return watched_.state(); }

private:
    void begin(const service::service_settings& wanted) {
        auto& mine = services_[wanted.name];
        if (mine.names == wanted.names)
            return;
        mine.names = wanted.names;
        // Whoever asks for other names waits for an answer, also when it is what was told before.
        mine.told.reset();
        // Its names may be known already, from other services.
        watch(wanted.name, mine, questions_of(mine.names, lookups()));
        refresh(wanted.name, mine);
    }

    known_lookups lookups() const {
        return [this](const net::dns_question& what) { return watched_.find(what); };
    }

    // Exactly these questions from now on; those that stay are not asked anew.
    void watch(const std::string& name, followed& one, std::vector<net::dns_question> questions) {
        for (const auto& each : questions)
            if (!std::ranges::binary_search(one.questions, each)) {
                users_[each].insert(name);
                watched_.add(each);
            }
        for (const auto& each : one.questions)
            if (!std::ranges::binary_search(questions, each)) {
                forget_user(each, name);
                watched_.remove(each);
            }
        one.questions = std::move(questions);
    }

    void forget_user(const net::dns_question& what, const std::string& name) {
        const auto users = users_.find(what);
        users->second.erase(name);
        if (users->second.empty())
            users_.erase(users);
    }

    void changed(const net::dns_question& what) {
        const auto& users = users_.at(what);
        if (dirty_.empty())
            around_.control.timers().arm(*this, around_.control.now() + gathering);
        dirty_.insert(users.begin(), users.end());
    }

    static void gathered(timer& due) noexcept {
        auto& self = static_cast<dns_source&>(due);
        for (const auto& name : std::exchange(self.dirty_, {}))
            if (const auto found = self.services_.find(name); found != self.services_.end())
                self.refresh(name, found->second);
    }

    void refresh(const std::string& name, followed& one) {
        watch(name, one, questions_of(one.names, lookups()));
        auto nodes = nodes_of(one.names, lookups(), [this](const net::address& sample) {
            return around_.names.order_for(sample);
        });
        if (!nodes.empty())
            one.holdings = holdings_of(one.names, lookups());
        if (nodes == one.told || (nodes.empty() && !surely_none(one)))
            return;
        log_change(name, one.told.value_or(std::vector<service::node>()), nodes);
        one.told = nodes;
        around_.sink.put({name, std::move(nodes)});
    }

    // An empty list is told when every name that held a node is gone, whatever the others say: who
    // never had one protects nobody. Did the nodes go in another way (SRV records lead elsewhere,
    // the names were changed), every question must say that there is nothing.
    bool surely_none(const followed& one) const {
        const auto gone = [this](const auto& each) { return is_surely_gone(each, lookups()); };
        if (!one.holdings.empty() && std::ranges::all_of(one.holdings, gone))
            return true;
        return std::ranges::all_of(one.questions, [this](const auto& what) {
            const auto* const known = watched_.find(what);
            return known->is_surely_absent() || !known->services().empty();
        });
    }

    surroundings around_;
    std::map<std::string, followed> services_;
    std::map<net::dns_question, std::set<std::string>> users_;  // services by question
    std::set<std::string> dirty_;                               // services
    watch_list watched_;
};

}  // namespace

std::unique_ptr<service::service_source> dns(const surroundings& around) {
    return std::make_unique<dns_source>(around);
}

}  // namespace sluice::sources
