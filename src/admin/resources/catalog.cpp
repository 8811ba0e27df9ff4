// SPDX-License-Identifier: Apache-2.0
#include "admin/resources/catalog.hpp"

#define SLUICE_ADMIN_RESOURCES(add)                                                                \
    add(healthz) add(readyz) add(metrics) add(status) add(routes) add(services) add(listeners)     \
        add(config) add(log_level) add(reload) add(explain)

namespace sluice::admin {

namespace resources {
#define SLUICE_DECLARE(name) extern const resource name;
SLUICE_ADMIN_RESOURCES(SLUICE_DECLARE)
#undef SLUICE_DECLARE
}  // namespace resources

std::span<const resource* const> all_resources() noexcept {
#define SLUICE_LIST(name) &resources::name,
    static constexpr const resource* all[] = {SLUICE_ADMIN_RESOURCES(SLUICE_LIST)};
#undef SLUICE_LIST
    return all;
}

}  // namespace sluice::admin
