// SPDX-License-Identifier: Apache-2.0
// What only the whole configuration can tell: names that lead nowhere, names and addresses given
// twice.
#pragma once

#include "app/settings.hpp"
#include "sluice/config/value.hpp"

namespace sluice::app {

/// Whether all files were read. In one that was not may stand what a name leads to.
enum class files_read { all, some };

/// `root` is the value `read` was read from; problems are told at the value that is wrong. Names
/// that lead nowhere are complained about only when all files were read.
void check_names(const config::value& root, const settings& read, files_read files);

}  // namespace sluice::app
