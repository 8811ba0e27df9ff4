// SPDX-License-Identifier: Apache-2.0
// What only the whole configuration can tell: names that lead nowhere, names and addresses given
// twice.
#pragma once

#include "app/settings.hpp"
#include "sluice/config/value.hpp"

namespace sluice::app {

/// `root` is the value `read` was read from; problems are told at the value that is wrong. Not
/// `complete`: some file could not be read, so a name that leads nowhere may stand in it and is not
/// complained about.
void check_names(const config::value& root, const settings& read, bool complete);

}  // namespace sluice::app
