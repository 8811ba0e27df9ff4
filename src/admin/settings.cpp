// SPDX-License-Identifier: Apache-2.0
#include "admin/schemas.hpp"
#include "http/kinds.hpp"
#include "net/kinds.hpp"
#include "sluice/config/kinds.hpp"

namespace sluice::admin {

const config::schema<settings>& settings_schema() {
    static const config::schema<settings> keys{
        {
            {"address", &settings::address, net::listen_address{}, "where the admin API listens",
             config::on_restart},
            {"token", &settings::token, config::secret_text{},
             "what writes, and reads from elsewhere than this machine, must show"},
            {"hosts", &settings::hosts, config::list_of{http::host_name{}, "host names"},
             "names a Host field may carry, besides IP addresses and localhost"},
        },
        [](const config::value& from, const settings& read, config::keys_read how) {
            if (how == config::keys_read::clean && read.token.empty() &&
                !read.address.is_loopback())
                from.refuse("the admin address can be reached from elsewhere and no token is set",
                            "a token, or an address such as 127.0.0.1:9901");
        },
    };
    return keys;
}

}  // namespace sluice::admin
