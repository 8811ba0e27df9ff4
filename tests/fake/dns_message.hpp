// SPDX-License-Identifier: Apache-2.0
// DNS messages put together by hand, right and wrong ones: what name servers of tests send. Names
// are written out or, as real servers do, as a pointer to the name in the question.
#pragma once

#include <arpa/inet.h>
#include <arpa/nameser.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fake {

class dns_message {
public:
    /// An answer to this question; `flags` beside the bits that make it one.
    explicit dns_message(std::string_view name, int type, unsigned rcode = ns_r_noerror,
                         unsigned flags = 0, std::uint16_t id = 0) {
        put16(id);
        put16(static_cast<std::uint16_t>(0x8180 | flags | rcode));
        put16(1);
        for (int section = 0; section < 3; ++section)
            put16(0);
        put_name(name);
        put16(static_cast<std::uint16_t>(type));
        put16(ns_c_in);
    }

    dns_message& a(std::string_view owner, const char* ip, std::uint32_t ttl = 60) {
        return record(answer_count, owner, ns_t_a, ttl, raw_ip(AF_INET, ip));
    }
    dns_message& aaaa(std::string_view owner, const char* ip, std::uint32_t ttl = 60) {
        return record(answer_count, owner, ns_t_aaaa, ttl, raw_ip(AF_INET6, ip));
    }
    dns_message& cname(std::string_view owner, std::string_view target, std::uint32_t ttl = 60) {
        return record(answer_count, owner, ns_t_cname, ttl, wire_name(target));
    }
    dns_message& srv(std::string_view owner, std::uint16_t priority, std::uint16_t weight,
                     std::uint16_t port, std::string_view target, std::uint32_t ttl = 60) {
        std::string content;
        for (const auto number : {priority, weight, port})
            content += {static_cast<char>(number >> 8), static_cast<char>(number)};
        return record(answer_count, owner, ns_t_srv, ttl, content + wire_name(target));
    }
    dns_message& soa(std::string_view owner, std::uint32_t ttl, std::uint32_t minimum) {
        auto content = wire_name("ns.example") + wire_name("admin.example") + std::string(16, '\0');
        for (int shift = 24; shift >= 0; shift -= 8)
            content += static_cast<char>(minimum >> shift);
        return record(authority_count, owner, ns_t_soa, ttl, content);
    }
    /// A record of any kind with any content.
    dns_message& odd(std::string_view owner, int type, std::string_view content) {
        return record(answer_count, owner, type, 60, content);
    }
    /// Says that there are so many answers, whatever follows.
    dns_message& claim_answers(std::uint16_t count) {
        bytes_[answer_count] = static_cast<std::uint8_t>(count >> 8);
        bytes_[answer_count + 1] = static_cast<std::uint8_t>(count);
        return *this;
    }

    const std::vector<std::uint8_t>& bytes() const noexcept { return bytes_; }

private:
    static constexpr std::size_t answer_count = 6;
    static constexpr std::size_t authority_count = 8;

    static std::string raw_ip(int family, const char* text) {
        std::string raw(family == AF_INET ? 4 : 16, '\0');
        inet_pton(family, text, raw.data());
        return raw;
    }
    /// "@" is a pointer to the name in the question.
    static std::string wire_name(std::string_view name) {
        if (name == "@")
            return std::string("\xc0\x0c", 2);
        std::string wire;
        while (!name.empty()) {
            const auto label = name.substr(0, name.find('.'));
            wire += static_cast<char>(label.size());
            wire += label;
            name.remove_prefix(std::min(name.size(), label.size() + 1));
        }
        return wire + '\0';
    }
    void put_name(std::string_view name) { put(wire_name(name)); }
    void put(std::string_view raw) { bytes_.insert(bytes_.end(), raw.begin(), raw.end()); }
    void put16(std::uint16_t number) {
        bytes_.push_back(static_cast<std::uint8_t>(number >> 8));
        bytes_.push_back(static_cast<std::uint8_t>(number));
    }
    dns_message& record(std::size_t count_at, std::string_view owner, int type, std::uint32_t ttl,
                        std::string_view content) {
        if (++bytes_[count_at + 1] == 0)
            ++bytes_[count_at];
        put_name(owner);
        put16(static_cast<std::uint16_t>(type));
        put16(ns_c_in);
        put16(static_cast<std::uint16_t>(ttl >> 16));
        put16(static_cast<std::uint16_t>(ttl));
        put16(static_cast<std::uint16_t>(content.size()));
        put(content);
        return *this;
    }

    std::vector<std::uint8_t> bytes_;
};

}  // namespace fake
