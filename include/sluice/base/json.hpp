// SPDX-License-Identifier: Apache-2.0
// Reading JSON (Boost.JSON), for control-plane code: the admin API and its like. The one place that
// includes the library. What we say ourselves is written by json_writer.hpp; serialize() is only for
// passing on a part of what was read.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string_view>

namespace sluice {

namespace json = boost::json;

/// The whole of `text` as one JSON value, nested at most 32 deep; nothing for any other text.
std::optional<json::value> parse_json(std::string_view text);

}  // namespace sluice
