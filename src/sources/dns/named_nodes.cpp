// SPDX-License-Identifier: Apache-2.0
#include "sources/dns/named_nodes.hpp"

#include "net/dns/plain_name.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

namespace sluice::sources {

namespace {

using net::record_kind;

// Before tiers are numbered: rank of the priority, then of the family.
using standing = std::pair<unsigned, unsigned>;

struct candidate {
    service::node facts;
    standing where;
};

// Targets of SRV records are whole names (RFC 2782): no search list may lead them elsewhere.
std::string absolute(const std::string& target) { return target + "."; }

// What the certificate of a target must name. Whoever can forge an SRV record could point it at a
// machine with an honest certificate of its own (RFC 6125 section 6.2.1), so a target counts only
// within the domain that was configured.
std::string_view certified_name(std::string_view service, std::string_view target) noexcept {
    auto domain = net::dns::without_last_dot(service);
    for (int labels = 0; labels < 2; ++labels)
        domain.remove_prefix(std::min(domain.find('.'), domain.size() - 1) + 1);
    const bool within =
        target == domain || (target.ends_with(domain) && target.size() > domain.size() &&
                             target[target.size() - domain.size() - 1] == '.');
    return within ? target : domain;
}

class collection {
public:
    collection(const known_lookups& known, const order_of_families& order)
        : known_(known), order_(order) {}

    void add_name(const service::dns_name& from) {
        const std::string_view name = from.name;
        add_addresses(from.name, from.port, from.weight, 0, net::dns::without_last_dot(name));
    }

    // RFC 2782: the lowest priority is tried first; a weight of 0 is a small share, not none.
    void add_service(const service::dns_name& from) {
        const auto* const found = known_({from.name, record_kind::srv});
        if (found == nullptr)
            return;
        std::set<unsigned> priorities;
        for (const auto& one : found->services())
            priorities.insert(one.priority);
        for (const auto& one : found->services()) {
            const auto rank = std::distance(priorities.begin(), priorities.find(one.priority));
            add_addresses(absolute(one.target), one.port, std::max<unsigned>(1, one.weight),
                          static_cast<unsigned>(rank), certified_name(from.name, one.target));
        }
    }

    std::vector<service::node> take() {
        merge_equal();
        std::set<standing> used;
        for (const auto& one : candidates_)
            used.insert(one.where);
        std::vector<service::node> nodes;
        for (auto& one : candidates_) {
            one.facts.tier =
                static_cast<unsigned>(std::distance(used.begin(), used.find(one.where)));
            nodes.push_back(std::move(one.facts));
        }
        std::ranges::sort(nodes, {},
                          [](const service::node& one) { return std::tie(one.tier, one.address); });
        return nodes;
    }

private:
    const std::vector<net::address>& addresses(const std::string& name, record_kind kind) const {
        static const std::vector<net::address> none;
        const auto* const found = known_({name, kind});
        return found == nullptr ? none : found->addresses();
    }

    void add_addresses(const std::string& name, std::uint16_t port, unsigned weight, unsigned rank,
                       std::string_view certified) {
        const auto& v4 = addresses(name, record_kind::a);
        const auto& v6 = addresses(name, record_kind::aaaa);
        const bool both = !v4.empty() && !v6.empty();
        const bool v6_first = both && order_(v6.front()) == net::family_order::v6_first;
        add(v4, certified, port, weight, {rank, both && v6_first ? 1 : 0});
        add(v6, certified, port, weight, {rank, both && !v6_first ? 1 : 0});
    }

    void add(const std::vector<net::address>& found, std::string_view certified, std::uint16_t port,
             unsigned weight, standing where) {
        for (const auto& one : found)
            candidates_.push_back(
                {{one.with_port(port), weight, 0, std::string(certified)}, where});
    }

    void merge_equal() {
        std::ranges::sort(candidates_, {}, [](const candidate& one) {
            return std::tie(one.facts.address, one.where, one.facts.name);
        });
        std::vector<candidate> merged;
        for (auto& one : candidates_) {
            if (merged.empty() || merged.back().facts.address != one.facts.address)
                merged.push_back(std::move(one));
            else
                merged.back().facts.weight = std::max(merged.back().facts.weight, one.facts.weight);
        }
        candidates_ = std::move(merged);
    }

    const known_lookups& known_;
    const order_of_families& order_;
    std::vector<candidate> candidates_;
};

void add_both_kinds(const std::string& name, std::vector<net::dns_question>& to) {
    to.push_back({name, record_kind::a});
    to.push_back({name, record_kind::aaaa});
}

}  // namespace

std::vector<net::dns_question> questions_of(const std::vector<service::dns_name>& names,
                                            const known_lookups& known) {
    std::vector<net::dns_question> all;
    for (const auto& one : names) {
        if (one.port != 0) {
            add_both_kinds(one.name, all);
            continue;
        }
        all.push_back({one.name, record_kind::srv});
        if (const auto* const found = known(all.back()))
            for (const auto& target : found->services())
                add_both_kinds(absolute(target.target), all);
    }
    std::ranges::sort(all);
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    return all;
}

std::vector<service::node> nodes_of(const std::vector<service::dns_name>& names,
                                    const known_lookups& known, const order_of_families& order) {
    collection all(known, order);
    for (const auto& one : names)
        one.port == 0 ? all.add_service(one) : all.add_name(one);
    return all.take();
}

std::vector<holding> holdings_of(const std::vector<service::dns_name>& names,
                                 const known_lookups& known) {
    std::vector<holding> all;
    const auto add = [&](const std::string& name, const net::dns_question* because_of) {
        for (const auto kind : {record_kind::a, record_kind::aaaa}) {
            const net::dns_question asked{name, kind};
            const auto* const found = known(asked);
            if (found != nullptr && !found->addresses().empty())
                all.push_back({asked, because_of == nullptr ? asked : *because_of});
        }
    };
    for (const auto& one : names) {
        if (one.port != 0) {
            add(one.name, nullptr);
            continue;
        }
        const net::dns_question records{one.name, record_kind::srv};
        if (const auto* const found = known(records))
            for (const auto& target : found->services())
                add(absolute(target.target), &records);
    }
    return all;
}

bool is_surely_gone(const holding& one, const known_lookups& known) {
    return std::ranges::any_of(std::array{&one.asked, &one.because_of}, [&](const auto* question) {
        const auto* const found = known(*question);
        return found != nullptr && found->is_surely_absent();
    });
}

}  // namespace sluice::sources
