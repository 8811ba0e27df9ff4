// SPDX-License-Identifier: Apache-2.0
// The `admin` block: where the admin API listens and who may use it.
#pragma once

#include "sluice/base/secret.hpp"
#include "sluice/net/address.hpp"

#include <string>
#include <vector>

namespace sluice::admin {

struct settings {
    net::address address = *net::address::parse("127.0.0.1:9901");
    secret token;                    ///< empty: writes are refused, reads need none (loopback only)
    std::vector<std::string> hosts;  ///< further names a Host field may carry

    friend bool operator==(const settings&, const settings&) = default;
};

}  // namespace sluice::admin
