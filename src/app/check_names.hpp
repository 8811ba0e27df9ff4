// SPDX-License-Identifier: Apache-2.0
// What only the whole configuration can tell: names that lead nowhere, names and addresses given twice.
#pragma once

#include "app/settings.hpp"
#include "sluice/config/value.hpp"

namespace sluice::app {

/// `root` is the value `read` was read from; problems are told at the value that is wrong.
void check_names(const config::value& root, const settings& read);

} // namespace sluice::app
