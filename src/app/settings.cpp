// SPDX-License-Identifier: Apache-2.0
// The list of modules: which key belongs to whom. What stands inside a key is said in the module.
#include "admin/schemas.hpp"
#include "app/load_settings.hpp"
#include "http/schemas.hpp"
#include "net/kinds.hpp"
#include "proxy/schemas.hpp"
#include "service/schemas.hpp"
#include "sluice/config/kinds.hpp"
#include "telemetry/schemas.hpp"

namespace sluice::app {

const config::schema<settings>& settings_schema() {
    using config::block;
    static const config::not_in_this_version later;
    static const config::schema<settings> keys{
        {"workers", &settings::workers, config::word_or{"auto", config::whole{1, 1024, "workers"}},
         "event loops, a thread each; auto: as many as there are CPUs this process may use",
         config::on_restart},
        {"include", config::read_by_loader{},
         "further files, relative to this one; their lists are appended"},
        {"state_dir", later, "last known nodes, objects made through the admin API"},
        {"resolvers", &settings::resolvers, net::name_servers{},
         "who is asked for the names of services; without it resolv.conf and the hosts file"},
        {"listeners", &settings::listeners,
         config::list_of{block(http::listener_schema()), "listeners", 1}, "where clients connect",
         config::required},
        {"sources", later, "registries that know nodes"},
        {"services", &settings::services,
         config::list_of{block(service::service_schema()), "services"},
         "named sets of nodes: where requests can go"},
        {"routes", &settings::routes, config::list_of{block(proxy::route_schema()), "routes"},
         "which request goes where"},
        {"consumers", later, "who may call"},
        {"admin", &settings::admin, block(admin::settings_schema()), "the admin API"},
        {"metrics", &settings::metrics, block(telemetry::metrics_schema()),
         "what `/metrics` counts apart"},
        {"access_log", &settings::access_log, block(telemetry::access_log_schema()),
         "the log with a line a request"},
        {"log", &settings::log, block(telemetry::log_schema()),
         "what the gateway says about itself, on stderr"},
        {"limits", &settings::limits, block(http::limits_schema()),
         "how much a client or a node may send"},
        {"timeouts", &settings::timeouts, block(http::timeouts_schema()),
         "how long a client or a node may take"},
    };
    return keys;
}

}  // namespace sluice::app
