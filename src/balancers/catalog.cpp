// SPDX-License-Identifier: Apache-2.0
#include "balancers/catalog.hpp"

namespace sluice::balancers {

std::shared_ptr<const service::balancer> make(std::string_view name,
                                              const std::vector<service::node>& nodes) {
#define SLUICE_TRY(known)                                                                          \
    if (name == #known)                                                                            \
        return known(nodes);
    SLUICE_BALANCERS(SLUICE_TRY)
#undef SLUICE_TRY
    return nullptr;
}

}  // namespace sluice::balancers
