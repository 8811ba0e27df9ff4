// SPDX-License-Identifier: Apache-2.0
#include "net/dns/answer_reader.hpp"

#include "net/dns/plain_name.hpp"
#include "sluice/base/strings.hpp"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace sluice::net::dns {

namespace {

using verdict = dns_answer::verdict;

dns_answer failed(std::string_view why) {
    dns_answer none;
    none.why = why;
    return none;
}

/// RFC 2181 section 8: a TTL with its highest bit set means 0.
std::chrono::seconds ttl_of(std::uint64_t seconds) noexcept {
    return std::chrono::seconds{seconds > 0x7fff'ffff ? 0 : seconds};
}

/// The name a record ends with, in the text form of ns_rr_name(); nothing when it is broken.
std::optional<std::string> last_name(const ns_msg& message, const ns_rr& of, int before = 0) {
    std::array<char, NS_MAXDNAME> text{};
    const auto size = ns_name_uncompress(ns_msg_base(message), ns_msg_end(message),
                                         ns_rr_rdata(of) + before, text.data(), text.size());
    if (size < 0 || before + size != ns_rr_rdlen(of))
        return std::nullopt;
    return std::string(text.data());
}

/// The records of one section that matter, read once.
struct section {
    std::vector<ns_rr> records;
    bool broken = false;
};

section read_section(ns_msg& message, ns_sect which) {
    section read;
    for (int i = 0; i < ns_msg_count(message, which); ++i) {
        ns_rr one;
        if (ns_parserr(&message, which, i, &one) < 0) {
            read.broken = true;
            break;
        }
        if (which == ns_s_qd || ns_rr_class(one) == ns_c_in)
            read.records.push_back(one);
    }
    return read;
}

// Where a chain of aliases ends, and when the first of them expires.
struct alias_end {
    std::string name;
    std::optional<std::chrono::seconds> ttl;
};

std::optional<alias_end> follow_aliases(const ns_msg& message, const section& answers,
                                        std::string name) {
    alias_end end{std::move(name), {}};
    for (std::size_t depth = 0;; ++depth) {
        const auto alias = std::ranges::find_if(answers.records, [&](const ns_rr& one) {
            return ns_rr_type(one) == ns_t_cname && iequals(ns_rr_name(one), end.name);
        });
        if (alias == answers.records.end())
            return end;
        auto target = last_name(message, *alias);
        if (depth == most_aliases || !target)
            return std::nullopt;
        end.name = std::move(*target);
        end.ttl =
            std::min(end.ttl.value_or(std::chrono::seconds::max()), ttl_of(ns_rr_ttl(*alias)));
    }
}

// False: the record is broken.
bool add_v4(const ns_rr& from, dns_answer& to) {
    sockaddr_storage room{};
    auto& v4 = reinterpret_cast<sockaddr_in&>(room);
    if (ns_rr_rdlen(from) != sizeof v4.sin_addr)
        return false;
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, ns_rr_rdata(from), sizeof v4.sin_addr);
    to.addresses.push_back(address::from(room));
    return true;
}

bool add_v6(const ns_rr& from, dns_answer& to) {
    sockaddr_storage room{};
    auto& v6 = reinterpret_cast<sockaddr_in6&>(room);
    if (ns_rr_rdlen(from) != sizeof v6.sin6_addr)
        return false;
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, ns_rr_rdata(from), sizeof v6.sin6_addr);
    to.addresses.push_back(address::from(room));
    return true;
}

// RFC 2782: priority, weight, port, target. The target "." says that there is no such service.
bool add_service(const ns_msg& message, const ns_rr& from, dns_answer& to) {
    constexpr int before_target = 6;
    if (ns_rr_rdlen(from) <= before_target)
        return false;
    const auto target = last_name(message, from, before_target);
    if (!target)
        return false;
    const auto* at = ns_rr_rdata(from);
    service_record one;
    one.priority = static_cast<std::uint16_t>(ns_get16(at));
    one.weight = static_cast<std::uint16_t>(ns_get16(at + 2));
    one.port = static_cast<std::uint16_t>(ns_get16(at + 4));
    one.target = plain_name(*target);
    if (one.port != 0 && !one.target.empty())
        to.services.push_back(std::move(one));
    return true;
}

bool add_record(const ns_msg& message, const ns_rr& from, record_kind kind, dns_answer& to) {
    switch (kind) {
    case record_kind::a:
        return add_v4(from, to);
    case record_kind::aaaa:
        return add_v6(from, to);
    case record_kind::srv:
        break;
    }
    return add_service(message, from, to);
}

/// RFC 2308 section 5: the SOA record in the authority section bounds a negative answer by the
/// lesser of its own TTL and its minimum field.
std::chrono::seconds negative_ttl(ns_msg& message) {
    for (const auto& one : read_section(message, ns_s_ns).records) {
        if (ns_rr_type(one) != ns_t_soa)
            continue;
        const auto* at = ns_rr_rdata(one);
        const auto* const end = at + ns_rr_rdlen(one);
        constexpr int numbers = 5 * 4;  // serial, refresh, retry, expire, minimum
        if (ns_name_skip(&at, end) != 0 || ns_name_skip(&at, end) != 0 || end - at < numbers)
            return {};
        return std::min(ttl_of(ns_rr_ttl(one)), ttl_of(ns_get32(at + numbers - 4)));
    }
    return {};
}

template <class T>
void sort_out(std::vector<T>& records) {
    std::ranges::sort(records);
    const auto repeated = std::ranges::unique(records);
    records.erase(repeated.begin(), repeated.end());
}

dns_answer read_records(ns_msg& message, const std::string& asked, record_kind kind) {
    const auto answers = read_section(message, ns_s_an);
    if (answers.broken)
        return failed("a broken record");
    const auto end = follow_aliases(message, answers, asked);
    if (!end)
        return failed("aliases without end");
    dns_answer read;
    auto ttl = end->ttl.value_or(std::chrono::seconds::max());
    for (const auto& one : answers.records) {
        if (ns_rr_type(one) != type_of(kind) || !iequals(ns_rr_name(one), end->name))
            continue;
        if (!add_record(message, one, kind, read))
            return failed("a broken record");
        ttl = std::min(ttl, ttl_of(ns_rr_ttl(one)));
    }
    if (read.addresses.size() > most_addresses || read.services.size() > most_services)
        return failed("too many records");
    std::erase_if(read.addresses, [](const address& one) { return !is_dialable(one); });
    sort_out(read.addresses);
    sort_out(read.services);
    const bool any = !read.addresses.empty() || !read.services.empty();
    read.what = any ? verdict::found : verdict::absent;
    read.ttl = any ? ttl : negative_ttl(message);
    read.name_exists = true;
    return read;
}

// Neither this network (0.0.0.0 would be this machine), nor multicast, nor broadcast.
bool is_dialable_v4(in_addr_t in_network_order) noexcept {
    const auto bits = ntohl(in_network_order);
    return bits >> 24 != 0 && bits >> 28 < 0xe;
}

}  // namespace

int type_of(record_kind kind) noexcept {
    switch (kind) {
    case record_kind::a:
        return ns_t_a;
    case record_kind::aaaa:
        return ns_t_aaaa;
    case record_kind::srv:
        break;
    }
    return ns_t_srv;
}

bool is_dialable(const address& one) {
    sockaddr_storage room{};
    one.to_sockaddr(room);
    if (room.ss_family == AF_INET)
        return is_dialable_v4(reinterpret_cast<const sockaddr_in&>(room).sin_addr.s_addr);
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(room).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {  // the kernel speaks IPv4 to these
        in_addr_t v4 = 0;
        std::memcpy(&v4, v6.s6_addr + 12, sizeof v4);
        return is_dialable_v4(v4);
    }
    return room.ss_family == AF_INET6 && !IN6_IS_ADDR_UNSPECIFIED(&v6) &&
           !IN6_IS_ADDR_MULTICAST(&v6) && !IN6_IS_ADDR_LINKLOCAL(&v6);
}

dns_answer read_answer(std::span<const std::uint8_t> bytes, record_kind kind) {
    ns_msg message;
    if (bytes.size() > NS_MAXMSG ||
        ns_initparse(bytes.data(), static_cast<int>(bytes.size()), &message) < 0)
        return failed("not a DNS message");
    if (ns_msg_getflag(message, ns_f_qr) == 0 || ns_msg_count(message, ns_s_qd) != 1)
        return failed("not an answer");
    if (ns_msg_getflag(message, ns_f_tc) != 0)
        return failed("a truncated answer");
    const auto asked = read_section(message, ns_s_qd);
    if (asked.broken || asked.records.empty())
        return failed("a broken question");
    switch (ns_msg_getflag(message, ns_f_rcode)) {
    case ns_r_noerror:
        return read_records(message, ns_rr_name(asked.records.front()), kind);
    case ns_r_nxdomain: {
        dns_answer none;
        none.what = verdict::absent;
        none.ttl = negative_ttl(message);
        return none;
    }
    case ns_r_servfail:
        return failed("SERVFAIL");
    case ns_r_refused:
        return failed("REFUSED");
    default:
        return failed("an error of the name server");
    }
}

}  // namespace sluice::net::dns
