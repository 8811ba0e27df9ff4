// SPDX-License-Identifier: Apache-2.0
// How many retries a service may add to its requests (contract: retries.budget): each request earns
// a share of one, each retry costs one, so an outage cannot multiply the load. Per worker and
// service.
#pragma once

namespace sluice::proxy {

class retry_budget {
public:
    retry_budget() = default;
    explicit retry_budget(unsigned percent) noexcept
        : share_(percent / 100.0), saved_(percent == 0 ? 0 : start) {}

    void earn() noexcept { saved_ = saved_ + share_ < most ? saved_ + share_ : most; }
    bool spend() noexcept {
        if (saved_ < 1)
            return false;
        saved_ -= 1;
        return true;
    }

private:
    static constexpr double start = 10;  // a quiet service may retry too
    static constexpr double most = 100;
    double share_ = 0;
    double saved_ = 0;
};

}  // namespace sluice::proxy
