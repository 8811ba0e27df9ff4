// SPDX-License-Identifier: Apache-2.0
// Numbers for spreading load and naming requests. Not for secrets.
#pragma once

#include <array>
#include <cstdint>
#include <random>

namespace sluice {

/// A small fast generator (SplitMix64, Steele et al. 2014), seeded from the system. One per thread.
class random_source {
public:
    random_source() {
        std::random_device device;
        state_ = (std::uint64_t{device()} << 32) ^ device();
    }
    explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

private:
    std::uint64_t state_;
};

/// 32 hex digits that name a request.
std::array<char, 32> hex_id(random_source&) noexcept;

}  // namespace sluice
