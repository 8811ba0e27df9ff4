// SPDX-License-Identifier: Apache-2.0
// How names become addresses: questions of one record kind each, and answers as values. Used by
// sources of nodes; no request waits for it. When to ask again, and what a failure means for nodes
// already known, is decided by who asks.
#pragma once

#include "sluice/net/address.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace sluice::net {

enum class record_kind : std::uint8_t { a, aaaa, srv };

/// `A`, `AAAA` or `SRV`.
std::string_view name_of(record_kind) noexcept;

/// What is asked: one kind of records of one name.
struct dns_question {
    std::string name;  ///< lower case
    record_kind kind = record_kind::a;

    friend auto operator<=>(const dns_question&, const dns_question&) = default;
};

/// One SRV record (RFC 2782).
struct service_record {
    std::string target;  ///< lower case, without a dot at its end
    std::uint16_t port = 0;
    std::uint16_t priority = 0;  ///< the lowest is used first
    std::uint16_t weight = 0;

    friend auto operator<=>(const service_record&, const service_record&) = default;
};

struct dns_answer {
    enum class verdict : std::uint8_t {
        found,   ///< there are records
        absent,  ///< the name does not exist, or has no record of this kind
        failed,  ///< nobody knows: timeout, SERVFAIL, an answer that is none
    };
    verdict what = verdict::failed;
    std::vector<address> addresses;        ///< of A and AAAA; port 0, sorted, each once
    std::vector<service_record> services;  ///< of SRV; sorted, each once
    /// found: of the record that expires first, aliases included; absent: how long that may be
    /// believed (RFC 2308), 0 when the answer does not say
    std::chrono::seconds ttl{0};
    bool name_exists = false;  ///< absent: the name is there, without a record of this kind
    std::string_view why;      ///< failed: static text
};

/// Which address family of a name with both is tried first.
enum class family_order : std::uint8_t { v6_first, v4_first };

/// Asks name servers. Thread: control, all of it.
class resolver {
public:
    using reply = std::function<void(const dns_answer&)>;

    virtual ~resolver() = default;  ///< replies not given yet are dropped

    /// Asks and returns; `done` is called once, later, never from within this call. A question that
    /// is under way already is not asked twice: both get its answer. Servers are tried one after
    /// the other, each twice, so an answer may take some seconds and is certain to come.
    virtual void resolve(const dns_question&, reply done) = 0;

    /// v6_first when this machine has a route to `sample`, an IPv6 address of the name in question.
    /// The first question of RFC 6724, which getaddrinfo and so every client on this machine asks.
    virtual family_order order_for(const address& sample) const = 0;

    /// Servers that can be asked.
    class server_list {
    public:
        virtual ~server_list() = default;
    };
    /// What can fail of a change of servers. None given: resolv.conf (its servers, search list and
    /// ndots) and the hosts file, both read anew. Throws std::runtime_error.
    virtual std::unique_ptr<server_list> prepare(const std::vector<address>& servers) const = 0;
    /// From the next question on these are asked, the first one that works. They come from this
    /// resolver's prepare().
    virtual void use(std::unique_ptr<server_list>) noexcept = 0;
};

/// The files of a machine that say how names resolve, and how patient we are.
struct resolver_settings {
    std::vector<address> servers;  ///< `resolvers`; none: the files below
    std::string resolv_conf = "/etc/resolv.conf";
    std::string hosts = "/etc/hosts";
    std::chrono::milliseconds patience{1500};  ///< of the first try with a server; doubled after it
};

/// A resolver over c-ares whose sockets and timers live on this context, which must outlive it.
/// Never blocks but for reading the two files; has no thread of its own.
std::unique_ptr<resolver> make_resolver(boost::asio::io_context&, resolver_settings);

}  // namespace sluice::net
