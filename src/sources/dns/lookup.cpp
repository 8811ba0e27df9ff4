// SPDX-License-Identifier: Apache-2.0
#include "sources/dns/lookup.hpp"

#include <algorithm>

namespace sluice::sources {

namespace {

using verdict = net::dns_answer::verdict;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Early, never late: whoever waits for new nodes waits for the TTL at most.
milliseconds a_little_less(milliseconds span, std::uint64_t chance) {
    return span - span * (chance % 1000) / 10'000;
}

seconds pause_after(unsigned failures) {
    constexpr unsigned most_doublings = 8;
    return std::min(lookup::most_retry,
                    lookup::first_retry * (1U << std::min(failures - 1, most_doublings)));
}

}  // namespace

bool lookup::take(const net::dns_answer& answer, time_point now, std::uint64_t chance) {
    if (answer.what == verdict::failed) {
        // The last good records stay. A failure between two absences breaks their row.
        if (!is_surely_absent())
            absences_ = 0;
        why_ = answer.why;
        due_ = now + a_little_less(pause_after(++failures_), chance);
        return false;
    }
    failures_ = 0;
    answered_ = true;
    const bool changed = answer.what == verdict::found ? take_records(answer) : take_absence();
    auto wait = std::clamp(answer.ttl, least_ttl, most_ttl);
    if (answer.what == verdict::absent) {
        wait = answer.ttl == seconds{0} ? unsaid_absence : std::min(wait, most_absence);
        if (!is_surely_absent())
            wait = std::min(wait, doubt_pace);
    }
    due_ = now + a_little_less(wait, chance);
    return changed;
}

bool lookup::take_records(const net::dns_answer& answer) {
    absences_ = 0;
    const bool changed = good_.addresses != answer.addresses || good_.services != answer.services;
    if (changed)
        good_ = answer;
    return changed;
}

bool lookup::take_absence() {
    if (is_surely_absent() || ++absences_ < absences_believed)
        return false;
    good_ = {};
    return true;
}

}  // namespace sluice::sources
