// SPDX-License-Identifier: Apache-2.0
// Every resource of the admin API. A new one is a file here and a line in catalog.cpp.
#pragma once

#include "admin/resource.hpp"

#include <span>

namespace sluice::admin {

std::span<const resource* const> all_resources() noexcept;

}  // namespace sluice::admin
