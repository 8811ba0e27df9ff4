// SPDX-License-Identifier: Apache-2.0
// Finds again what was made before from the same thing, as long as anybody holds it: ten thousand
// services with the same files cost one. Used by pem_content and upstream_tls, from any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace sluice::net {

template <class Key, class T>
class shared_objects {
public:
    /// Null when nobody holds one.
    std::shared_ptr<const T> find(const Key& key) {
        const std::lock_guard lock(guard_);
        const auto found = known_.find(key);
        return found == known_.end() ? nullptr : found->second.lock();
    }
    /// What is to be used from now on: the first of two that were made at once stays.
    std::shared_ptr<const T> add(const Key& key, std::shared_ptr<const T> made) {
        const std::lock_guard lock(guard_);
        if (known_.size() >= sweep_at_)
            sweep();
        auto& place = known_[key];
        if (auto earlier = place.lock())
            return earlier;
        place = made;
        return made;
    }

private:
    // Forgets what nobody holds. Each time as much again must have come, or a thousand objects
    // would be looked at a thousand times.
    void sweep() {
        std::erase_if(known_, [](const auto& one) { return one.second.expired(); });
        sweep_at_ = std::max(fewest, 2 * known_.size());
    }

    static constexpr std::size_t fewest = 64;

    std::mutex guard_;
    std::unordered_map<Key, std::weak_ptr<const T>> known_;
    std::size_t sweep_at_ = fewest;
};

}  // namespace sluice::net
