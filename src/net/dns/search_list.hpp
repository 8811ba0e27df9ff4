// SPDX-License-Identifier: Apache-2.0
// Which full names a short one may stand for: `search` and `options ndots` of resolv.conf. We walk
// the list ourselves, because ares_search() of c-ares 1.18 takes a SERVFAIL on the way for a name
// that does not exist, and drops the SOA record of a negative answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::net::dns {

struct search_list {
    std::vector<std::string> domains;
    unsigned ndots = 1;

    /// The names to ask for, in order: as it is first when it has `ndots` dots, last otherwise; a
    /// dot at its end means it is whole already.
    std::vector<std::string> candidates(std::string_view name) const;
};

}  // namespace sluice::net::dns
