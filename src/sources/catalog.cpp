// SPDX-License-Identifier: Apache-2.0
#include "sources/catalog.hpp"

namespace sluice::sources {

std::unique_ptr<service::service_source> make(std::string_view name, const surroundings& around) {
#define SLUICE_TRY(known)                                                                          \
    if (name == #known)                                                                            \
        return known(around);
    SLUICE_SOURCES(SLUICE_TRY)
#undef SLUICE_TRY
    return nullptr;
}

}  // namespace sluice::sources
