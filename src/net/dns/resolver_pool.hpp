// SPDX-License-Identifier: Apache-2.0
// The resolver: one channel for each server of `resolvers`, the first that works is asked; or one
// for resolv.conf, behind the hosts file. Equal questions under way share one answer, and no more
// than `most_at_once` are under way. Answers are not kept: who asks knows when to ask again.
#pragma once

#include "net/dns/channel.hpp"
#include "net/dns/hosts_file.hpp"
#include "net/dns/search_list.hpp"
#include "net/dns/server_ranks.hpp"
#include "sluice/net/resolver.hpp"

#include <deque>
#include <map>
#include <memory>
#include <vector>

namespace sluice::net::dns {

class resolver_pool final : public resolver {
public:
    /// Bursts beyond that only overflow the receive buffer of a UDP socket.
    static constexpr std::size_t most_at_once = 128;

    resolver_pool(boost::asio::io_context&, resolver_settings);

    void resolve(const dns_question&, reply done) override;
    family_order order_for(const address& sample) const override;
    std::unique_ptr<server_list> prepare(const std::vector<address>& servers) const override;
    void use(std::unique_ptr<server_list>) noexcept override;

private:
    // The channels of one use(): those of an earlier one stay until their last answer is here.
    struct server_set final : server_list {
        std::vector<std::unique_ptr<channel>> lines;  // one for each server
        server_ranks ranks{0};
        search_list search;
        std::unique_ptr<hosts_file> hosts;
    };
    struct question;

    void begin_more();
    void begin(question&);
    void ask_next(question&);
    void take(question&, channel::said);
    void finish(question&, dns_answer);

    boost::asio::io_context& context_;
    resolver_settings settings_;
    std::shared_ptr<server_set> current_;
    // Waiting or under way. The only owner: what is queued elsewhere holds weak references, so that
    // our end ends them all.
    std::map<dns_question, std::shared_ptr<question>> asked_;
    std::deque<dns_question> waiting_;
    std::size_t under_way_ = 0;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace sluice::net::dns
