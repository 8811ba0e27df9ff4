// SPDX-License-Identifier: Apache-2.0
// The answer of sluice version, apart from the command so that tests can read it.
#pragma once

#include <string>

namespace sluice::commands {

std::string version_text();

}  // namespace sluice::commands
