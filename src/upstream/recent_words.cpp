// SPDX-License-Identifier: Apache-2.0
#include "upstream/recent_words.hpp"

#include <algorithm>

namespace sluice::upstream {

bool recent_words::add(std::string_view words, time_point now) {
    std::erase_if(told_, [&](const told& one) { return now >= one.at + window; });
    const bool is_known = std::ranges::find(told_, words, &told::words) != told_.end();
    if (is_known || told_.size() == most)
        return false;
    told_.push_back({std::string(words), now});
    return true;
}

}  // namespace sluice::upstream
