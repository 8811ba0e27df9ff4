// SPDX-License-Identifier: Apache-2.0
// The JSON Schema (draft-07) of a configuration, from the table of its keys: what editors complete
// and check with (`sluice schema`). It says no to nothing the loader takes; the loader knows more.
#pragma once

#include "sluice/config/schema.hpp"

#include <string>
#include <string_view>

namespace sluice::config {

/// The sentence of a key with its capital and its dot.
std::string sentence(std::string_view help);

/// One JSON document without line breaks. Keys that are not in this version are left out, so
/// editors neither offer nor allow them. The lists of the outermost map are never required: they
/// may stand in included files, and an included file is a file of its own.
std::string json_schema(const any_schema& root, std::string_view title);

}  // namespace sluice::config
