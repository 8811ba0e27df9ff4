// SPDX-License-Identifier: Apache-2.0
// How long things took, in buckets no wider than one part in 64 of their value.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace bench {

class histogram {
public:
    void add(std::int64_t nanoseconds) {
        const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
        ++buckets_[bucket_of(value)];
        ++count_;
        largest_ = std::max(largest_, value);
    }

    /// Microseconds that this share of all took at most.
    [[nodiscard]] double quantile(double share) const {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t at = 0; at < buckets_.size(); ++at) {
            seen += buckets_[at];
            if (seen > wanted)
                return static_cast<double>(std::min(upper_end(at), largest_)) / 1e3;
        }
        return static_cast<double>(largest_) / 1e3;
    }

    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    static constexpr unsigned fine = 6;

    /// Below 2^fine a bucket a value; above, 2^fine buckets for each power of two.
    static std::size_t bucket_of(std::uint64_t value) {
        const auto width = static_cast<unsigned>(std::bit_width(value));
        if (width <= fine + 1)
            return value;
        const unsigned shift = width - fine - 1;
        return (static_cast<std::size_t>(shift) << fine) + (value >> shift);
    }

    static std::uint64_t upper_end(std::size_t bucket) {
        if (bucket < (2U << fine))
            return bucket;
        const auto shift = (bucket >> fine) - 1;
        const auto mantissa = bucket - (shift << fine);
        return ((mantissa + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (64 - fine + 1) << fine> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t largest_ = 0;
};

}  // namespace bench
