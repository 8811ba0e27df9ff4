// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/json.hpp"

#include <boost/json/parse.hpp>

namespace sluice {

std::optional<json::value> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = 32;
    json::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error, {}, options);
    if (error)
        return std::nullopt;
    return value;
}

}  // namespace sluice
