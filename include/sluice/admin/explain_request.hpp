// SPDX-License-Identifier: Apache-2.0
// A request that is only talked about: what `sluice explain` and POST /api/v1/explain are asked, and
// what the API is told back.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sluice::admin {

struct explain_request {
    std::string method = "GET";
    std::string url;  ///< http://... or https://...
    /// in the order they are sent; Host stands for the URL's
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string listener = {};  ///< empty: the one the URL leads to
};

struct explain_report {
    std::string json;     ///< the answer; empty when there is a problem
    std::string problem;  ///< why this is no request anybody could send, or no listener
};

}  // namespace sluice::admin
