// SPDX-License-Identifier: Apache-2.0
#include "net/dns/resolver_pool.hpp"

#include <boost/asio/post.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace sluice::net {

std::string_view name_of(record_kind kind) noexcept {
    switch (kind) {
    case record_kind::a:
        return "A";
    case record_kind::aaaa:
        return "AAAA";
    case record_kind::srv:
        break;
    }
    return "SRV";
}

std::unique_ptr<resolver> make_resolver(boost::asio::io_context& context,
                                        resolver_settings settings) {
    return std::make_unique<dns::resolver_pool>(context, std::move(settings));
}

namespace dns {

using verdict = dns_answer::verdict;

// One question on its way through names and servers.
struct resolver_pool::question {
    dns_question asked;
    std::vector<reply> done;
    std::shared_ptr<server_set> set;
    std::vector<std::string> names;    // what the name may stand for
    std::vector<std::size_t> servers;  // in the order to ask them
    std::size_t name = 0, server = 0;  // whose turn it is
    dns_answer first;                  // what was said of the first name

    std::size_t turn() const { return servers[server]; }
};

resolver_pool::resolver_pool(boost::asio::io_context& context, resolver_settings settings)
    : context_(context), settings_(std::move(settings)) {
    use(resolver_pool::prepare(settings_.servers));
}

std::unique_ptr<resolver::server_list>
resolver_pool::prepare(const std::vector<address>& servers) const {
    auto next = std::make_unique<server_set>();
    for (const auto& one : servers)
        next->lines.push_back(std::make_unique<channel>(context_, one, settings_.patience));
    if (servers.empty()) {
        auto line = std::make_unique<channel>(context_, settings_.resolv_conf, settings_.patience);
        next->search = line->search();
        next->lines.push_back(std::move(line));
        next->hosts = std::make_unique<hosts_file>(settings_.hosts);
    }
    next->ranks = server_ranks(next->lines.size());
    return next;
}

void resolver_pool::use(std::unique_ptr<server_list> next) noexcept {
    current_.reset(static_cast<server_set*>(next.release()));
}

void resolver_pool::resolve(const dns_question& what, reply done) {
    auto& shared = asked_[what];
    if (!shared) {
        shared = std::make_shared<question>();
        shared->asked = what;
        waiting_.push_back(what);
    }
    shared->done.push_back(std::move(done));
    boost::asio::post(context_, [this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired())
            begin_more();
    });
}

void resolver_pool::begin_more() {
    while (under_way_ < most_at_once && !waiting_.empty()) {
        const auto next = asked_.at(waiting_.front());
        waiting_.pop_front();
        ++under_way_;
        begin(*next);
    }
}

void resolver_pool::begin(question& one) {
    const auto now = steady_clock::now();
    one.set = current_;
    if (one.set->hosts)
        if (auto known = one.set->hosts->find(one.asked, now))
            return finish(one, std::move(*known));
    one.names = one.set->search.candidates(one.asked.name);
    one.servers = one.set->ranks.order(now);
    ask_next(one);
}

void resolver_pool::ask_next(question& one) {
    // The answer may come from within ask(), or from within the channel's own handlers: it goes
    // through the context, so that nothing is called back or ended below itself.
    const std::weak_ptr<question> asking = asked_.at(one.asked);
    auto& line = *one.set->lines[one.turn()];
    line.ask({one.names[one.name], one.asked.kind}, [this, asking](channel::said what) {
        boost::asio::post(context_, [this, asking, what = std::move(what)]() mutable {
            if (const auto still = asking.lock())
                take(*still, std::move(what));
        });
    });
}

void resolver_pool::take(question& one, channel::said what) {
    auto& ranks = one.set->ranks;
    if (what.by == channel::speaker::nobody)
        ranks.silent(one.turn(), steady_clock::now());
    else
        ranks.heard(one.turn());
    auto& answer = what.answer;
    if (answer.what == verdict::failed) {
        // A name nobody answered for may be the one that exists: no further one is asked.
        if (++one.server == one.servers.size())
            return finish(one, std::move(answer));
        return ask_next(one);
    }
    if (one.name == 0)
        one.first = answer;
    // A name that exists ends the search even without a record of this kind: A and AAAA of one
    // configured name must not come from two names.
    if (answer.what == verdict::found || answer.name_exists)
        return finish(one, std::move(answer));
    if (++one.name == one.names.size())
        return finish(one, std::move(one.first));
    ask_next(one);
}

void resolver_pool::finish(question& one, dns_answer answer) {
    --under_way_;
    const auto ended = asked_.extract(one.asked).mapped();
    boost::asio::post(context_, [this, alive = std::weak_ptr(alive_), done = std::move(ended->done),
                                 answer = std::move(answer)] {
        for (const auto& each : done) {
            if (alive.expired())
                return;
            each(answer);
        }
        if (!alive.expired())
            begin_more();
    });
}

family_order resolver_pool::order_for(const address& sample) const {
    // Connecting a datagram socket sends nothing: the kernel looks for a route and an address to
    // send from, and says when there is none.
    constexpr std::uint16_t any_port = 9;
    sockaddr_storage room{};
    const auto size = sample.with_port(any_port).to_sockaddr(room);
    const int probe = ::socket(room.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return family_order::v4_first;
    const bool reached = ::connect(probe, reinterpret_cast<const sockaddr*>(&room), size) == 0;
    ::close(probe);
    return reached ? family_order::v6_first : family_order::v4_first;
}

}  // namespace dns

}  // namespace sluice::net
