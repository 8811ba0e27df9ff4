// SPDX-License-Identifier: Apache-2.0
// A resolver whose answers a test gives by hand, and questions it was asked in the meantime.
#pragma once

#include "sluice/net/resolver.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace fake {

class resolver final : public sluice::net::resolver {
public:
    using question = sluice::net::dns_question;
    using kind = sluice::net::record_kind;
    using answer = sluice::net::dns_answer;

    void resolve(const question& what, reply done) override {
        asked[what].push_back(std::move(done));
        ++count[what];
    }
    sluice::net::family_order order_for(const sluice::net::address&) const override {
        return order;
    }
    struct given_servers final : server_list {
        std::vector<sluice::net::address> all;
    };
    std::unique_ptr<server_list>
    prepare(const std::vector<sluice::net::address>& next) const override {
        auto made = std::make_unique<given_servers>();
        made->all = next;
        return made;
    }
    void use(std::unique_ptr<server_list> next) noexcept override {
        servers = static_cast<given_servers&>(*next).all;
    }

    bool is_asked(const std::string& name, kind of) const { return asked.contains({name, of}); }

    /// Answers all who wait for this; says whether somebody did.
    bool give(const std::string& name, kind of, const answer& with) {
        const auto waiting = asked.extract({name, of});
        if (waiting.empty())
            return false;
        for (const auto& done : waiting.mapped())
            done(with);
        return true;
    }

    static answer found(std::vector<std::string> ips,
                        std::chrono::seconds ttl = std::chrono::seconds{60}) {
        answer with;
        with.what = answer::verdict::found;
        with.ttl = ttl;
        for (const auto& ip : ips)
            with.addresses.push_back(*sluice::net::address::parse(
                ip.find(':') == std::string::npos ? ip + ":0" : "[" + ip + "]:0"));
        std::ranges::sort(with.addresses);
        return with;
    }
    static answer services(std::vector<sluice::net::service_record> records,
                           std::chrono::seconds ttl = std::chrono::seconds{60}) {
        answer with;
        with.what = answer::verdict::found;
        with.ttl = ttl;
        with.services = std::move(records);
        std::ranges::sort(with.services);
        return with;
    }
    static answer absent(std::chrono::seconds ttl = std::chrono::seconds{60}) {
        answer with;
        with.what = answer::verdict::absent;
        with.ttl = ttl;
        return with;
    }
    static answer failed(std::string_view why = "timeout") {
        answer with;
        with.why = why;
        return with;
    }

    std::map<question, std::vector<reply>> asked;  // and not answered yet
    std::map<question, int> count;                 // how often, in all
    std::vector<sluice::net::address> servers;
    sluice::net::family_order order = sluice::net::family_order::v4_first;
};

}  // namespace fake
