// SPDX-License-Identifier: Apache-2.0
// The table of what clients may send: each row with the status it earns and what of it reaches the
// node.
#pragma once

#include "forwarded.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sluice::conformance {

struct client_row {
    std::string name;
    std::string bytes;
    unsigned status;  ///< 200 keeps the connection open, everything else closes it
    std::optional<expected_request> reached;  ///< nothing: no whole request may reach the node
};

const std::vector<client_row>& client_rows();

}  // namespace sluice::conformance
