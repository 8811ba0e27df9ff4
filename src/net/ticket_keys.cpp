// SPDX-License-Identifier: Apache-2.0
#include "net/ticket_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

namespace sluice::net {

namespace {

template <std::size_t Size>
bool fill_randomly(std::array<unsigned char, Size>& room) {
    return ::RAND_priv_bytes(room.data(), static_cast<int>(Size)) == 1;
}

}  // namespace

ticket_keys::~ticket_keys() {
    for (auto& one : keys_)
        ::OPENSSL_cleanse(&one.key, sizeof one.key);
}

void ticket_keys::forget_old(time_point now) {
    while (!keys_.empty() && now - keys_.back().made >= 2 * period) {
        ::OPENSSL_cleanse(&keys_.back().key, sizeof keys_.back().key);
        keys_.pop_back();
    }
}

std::optional<ticket_key> ticket_keys::current(time_point now) {
    const std::lock_guard lock(guard_);
    forget_old(now);
    if (!keys_.empty() && now - keys_.front().made < period)
        return keys_.front().key;
    keys_.reserve(4);  // a key must not be left behind in memory that was given back
    auto& fresh = *keys_.insert(keys_.begin(), dated{{}, now});
    if (!fill_randomly(fresh.key.name) || !fill_randomly(fresh.key.cipher) ||
        !fill_randomly(fresh.key.authenticator)) {
        keys_.erase(keys_.begin());
        return {};
    }
    return fresh.key;
}

std::optional<ticket_key> ticket_keys::find(std::span<const unsigned char, 16> name,
                                            time_point now) {
    const std::lock_guard lock(guard_);
    forget_old(now);
    for (const auto& one : keys_)
        if (std::ranges::equal(one.key.name, name))
            return one.key;
    return {};
}

}  // namespace sluice::net
