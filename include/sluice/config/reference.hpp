// SPDX-License-Identifier: Apache-2.0
// The reference page of a configuration, from the table of its keys: docs/configuration.md is what
// `sluice schema --format markdown` writes.
#pragma once

#include "sluice/config/schema.hpp"

#include <string>

namespace sluice::config {

/// A table for each map, a row a key, as Markdown; `intro` stands above them.
std::string reference_page(const any_schema& root, std::string intro);

}  // namespace sluice::config
