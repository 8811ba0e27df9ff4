// SPDX-License-Identifier: Apache-2.0
// Which words about a node were logged of late, so that a broken node does not fill the log: each
// once a window, and only a few different ones. Used by node_pool.
#pragma once

#include "sluice/base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::upstream {

class recent_words {
public:
    /// How long words are no news again.
    static constexpr std::chrono::seconds window{60};
    /// How many different words are news in one window: real nodes fail in one or two ways at a
    /// time, and what one of them can say is no bound.
    static constexpr std::size_t most = 8;

    /// Whether the words are news at `now`, and from then on they are not.
    bool add(std::string_view words, time_point now);

private:
    struct told {
        std::string words;
        time_point at;
    };
    std::vector<told> told_;
};

}  // namespace sluice::upstream
