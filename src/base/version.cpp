// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/version.hpp"

namespace sluice {

std::string_view program_version() noexcept { return SLUICE_VERSION; }

}  // namespace sluice
