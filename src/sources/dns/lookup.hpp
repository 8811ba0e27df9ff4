// SPDX-License-Identifier: Apache-2.0
// What is known of one question to the name servers, and when it is asked again: the rules for
// short and long TTLs, failures and names that vanish. Values only; time and chance are handed in.
#pragma once

#include "sluice/base/clock.hpp"
#include "sluice/net/resolver.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::sources {

class lookup {
public:
    static constexpr std::chrono::seconds least_ttl{1};
    static constexpr std::chrono::seconds most_ttl{3600};
    /// Negative answers live in caches for hours; a name made after our start should not wait so
    /// long.
    static constexpr std::chrono::seconds most_absence{60};
    /// A negative answer without a SOA record does not say how long it holds.
    static constexpr std::chrono::seconds unsaid_absence{5};
    /// So many absences in a row are believed, asked for at this pace until then.
    static constexpr unsigned absences_believed = 3;
    static constexpr std::chrono::seconds doubt_pace{5};
    static constexpr std::chrono::seconds first_retry{1};
    static constexpr std::chrono::seconds most_retry{10};

    /// Takes an answer that came at `now`; `chance` is any number. True when the records changed.
    bool take(const net::dns_answer&, time_point now, std::uint64_t chance);

    /// When to ask again; up to a tenth early, so that many gateways do not ask in step.
    time_point due() const noexcept { return due_; }

    /// The last good records; empty when there are none, or none any more.
    const std::vector<net::address>& addresses() const noexcept { return good_.addresses; }
    const std::vector<net::service_record>& services() const noexcept { return good_.services; }

    /// An answer came that was not a failure.
    bool is_answered() const noexcept { return answered_; }
    /// There are no records, and that is believed.
    bool is_surely_absent() const noexcept { return absences_ >= absences_believed; }
    /// The last question got no answer; why() says it in static text.
    bool is_failing() const noexcept { return failures_ != 0; }
    std::string_view why() const noexcept { return why_; }

private:
    bool take_records(const net::dns_answer&);
    bool take_absence();

    net::dns_answer good_;
    time_point due_{};
    unsigned absences_ = 0;  // in a row
    unsigned failures_ = 0;  // in a row
    std::string_view why_;
    bool answered_ = false;
};

}  // namespace sluice::sources
