// SPDX-License-Identifier: Apache-2.0
// The keys session tickets are sealed with: made in this process, never stored, replaced every 12
// hours. The one before still opens tickets, so a client's session survives a change. Any thread;
// only handshakes come here.
#pragma once

#include "sluice/base/clock.hpp"

#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace sluice::net {

/// One key. Its name travels in the clear at the front of a ticket.
struct ticket_key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> authenticator;
};

class ticket_keys {
public:
    /// For how long a key seals new tickets; for the same time again it opens old ones.
    static constexpr std::chrono::hours period{12};

    ticket_keys() = default;
    ~ticket_keys();  ///< wipes them
    ticket_keys(const ticket_keys&) = delete;
    ticket_keys& operator=(const ticket_keys&) = delete;

    /// The key for new tickets, a new one when the last has served its time. Nothing when the
    /// system gives no random bytes: then there are no tickets.
    std::optional<ticket_key> current(time_point now);
    /// The key of that name, unless it is too old.
    std::optional<ticket_key> find(std::span<const unsigned char, 16> name, time_point now);

private:
    struct dated {
        ticket_key key;
        time_point made;
    };
    void forget_old(time_point now);

    std::mutex guard_;
    std::vector<dated> keys_;  // newest first, two at most
};

}  // namespace sluice::net
