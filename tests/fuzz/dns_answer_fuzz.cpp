// SPDX-License-Identifier: Apache-2.0
// DNS answers of any bytes: reading them never crashes, and whatever comes out keeps its bounds.
// The first byte says which kind of record was asked for.
#include "net/dns/answer_reader.hpp"
#include "net/dns/plain_name.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using sluice::net::dns_answer;
using sluice::net::record_kind;

void require(bool holds) {
    if (!holds)
        std::abort();
}

template <class T>
void require_sorted(const std::vector<T>& records, std::size_t most) {
    require(records.size() <= most);
    require(std::ranges::is_sorted(records));
    require(std::ranges::adjacent_find(records) == records.end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    namespace dns = sluice::net::dns;
    if (size == 0)
        return 0;
    const auto kind = static_cast<record_kind>(bytes[0] % 3);
    const auto answer = dns::read_answer({bytes + 1, size - 1}, kind);

    require_sorted(answer.addresses, dns::most_addresses);
    require_sorted(answer.services, dns::most_services);
    require(answer.addresses.empty() || kind != record_kind::srv);
    require(answer.services.empty() || kind == record_kind::srv);
    require((answer.what == dns_answer::verdict::failed) == !answer.why.empty());
    require((answer.what == dns_answer::verdict::found) ==
            (!answer.addresses.empty() || !answer.services.empty()));
    require(answer.ttl.count() >= 0 && answer.ttl.count() <= 0x7fff'ffff);
    for (const auto& one : answer.addresses)
        require(dns::is_dialable(one) && one.port() == 0 &&
                one.is_v6() == (kind == record_kind::aaaa));
    for (const auto& one : answer.services)
        require(one.port != 0 && dns::plain_name(one.target) == one.target);
    return 0;
}
