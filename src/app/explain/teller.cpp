// SPDX-License-Identifier: Apache-2.0
#include "app/explain/teller.hpp"

namespace sluice::app::explain {

std::string path_of(std::string_view list, std::size_t at) {
    std::string path(list);
    config::append_index(path, at);
    return path;
}

told teller::entry(const key_marks& marks, std::size_t at, std::string_view list,
                   std::string_view name) const {
    return {shown(path_of(list, at) + ".name", name), this->at(marks.entry(at))};
}

told teller::listener(std::size_t at) const {
    return entry(places().listeners, at, "listeners", values().listeners[at].name);
}

told teller::service(std::size_t at) const {
    return entry(places().services, at, "services", values().services[at].name);
}

told teller::route(std::size_t at) const {
    return entry(places().routes, at, "routes", values().routes[at].name);
}

}  // namespace sluice::app::explain
