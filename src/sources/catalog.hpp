// SPDX-License-Identifier: Apache-2.0
// The sources of nodes there are. A new one is a file of this folder and one line here. Fixed nodes
// need none: they stand in the configuration.
#pragma once

#include "sluice/service/source.hpp"

#include <memory>
#include <string_view>

#define SLUICE_SOURCES(add) add(dns)

namespace sluice::runtime {
class worker;
}  // namespace sluice::runtime
namespace sluice::net {
class resolver;
}  // namespace sluice::net

namespace sluice::sources {

/// What a source works with; all of it outlives the source.
struct surroundings {
    runtime::worker& control;  ///< its loop, for deadlines
    net::resolver& names;
    service::source_sink& sink;
};

#define SLUICE_DECLARE(name)                                                                       \
    std::unique_ptr<service::service_source> name(const surroundings& around);
SLUICE_SOURCES(SLUICE_DECLARE)
#undef SLUICE_DECLARE

/// The source of that name; null when there is none of the name.
std::unique_ptr<service::service_source> make(std::string_view name, const surroundings& around);

}  // namespace sluice::sources
