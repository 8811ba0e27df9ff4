// SPDX-License-Identifier: Apache-2.0
#include "sluice/http/true_client.hpp"

#include "sluice/base/strings.hpp"
#include "sluice/http/listener.hpp"

#include <iterator>
#include <optional>

namespace sluice::http {

namespace {

// Nobody is behind more proxies than this. Each entry is compared with all of trusted_proxies.
constexpr unsigned most_hops = 64;

// `10.0.0.1`, `::1`, `[::1]`, and the same with a port as some load balancers add it.
std::optional<net::address> parse_hop(std::string_view text) {
    const bool bracketed = text.starts_with('[') && text.ends_with(']');
    const auto ip = net::address::parse(bracketed ? text.substr(1, text.size() - 2) : text, "0");
    if (ip)
        return bracketed && !ip->is_v6() ? std::nullopt : ip;
    const auto whole = net::address::parse(text);
    return whole && !whole->is_unix() ? whole : std::nullopt;
}

// Goes through X-Forwarded-For from its end, which the proxy nearest to us wrote.
class hop_walk {
public:
    explicit hop_walk(const listener_settings& listener) noexcept : listener_(listener) {}

    /// False once the client is found.
    bool take_line(std::string_view list) {
        while (!list.empty()) {
            const auto comma = list.rfind(',');
            const bool first = comma == std::string_view::npos;
            const auto entry = trim(first ? list : list.substr(comma + 1));
            list = first ? std::string_view{} : list.substr(0, comma);
            // An empty one is no entry (RFC 9110 section 5.6.1.2).
            if (!entry.empty() && !take(entry))
                return false;
        }
        return true;
    }
    const std::optional<net::address>& client() const noexcept { return client_; }

private:
    bool take(std::string_view entry) {
        const auto hop = parse_hop(entry);
        if (!hop)
            return false;
        client_ = hop->unmapped();
        return ++taken_ < most_hops && listener_.trusts(*client_);
    }

    const listener_settings& listener_;
    std::optional<net::address> client_;
    unsigned taken_ = 0;
};

true_client named(const net::address& client, arena& room) {
    char* const text = room.allocate(net::address::longest_text);
    const std::string_view whole(text, client.write(text));
    const auto ip = whole.substr(0, whole.rfind(':'));
    return {client.is_v6() ? ip.substr(1, ip.size() - 2) : ip, whole};
}

}  // namespace

true_client find_true_client(const request_head& head, const client_facts& sender, arena& room) {
    if (!sender.trusted)
        return {sender.ip, sender.address};
    hop_walk walk(*sender.listener);
    for (auto line = std::make_reverse_iterator(head.fields.end());
         line != std::make_reverse_iterator(head.fields.begin()); ++line)
        if (line->id == field_id::x_forwarded_for && !walk.take_line(line->value))
            break;
    const auto& client = walk.client();
    return client ? named(*client, room) : true_client{sender.ip, sender.address};
}

}  // namespace sluice::http
