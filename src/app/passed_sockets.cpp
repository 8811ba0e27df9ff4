// SPDX-License-Identifier: Apache-2.0
#include "app/passed_sockets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

namespace sluice::app {

std::vector<std::string> passed_sockets::names() const {
    std::vector<std::string> each;
    for (const auto& one : all_)
        if (std::ranges::find(each, one.name) == each.end())
            each.push_back(one.name);
    return each;
}

const passed_socket& passed_sockets::only_one(const std::string& name) const {
    const auto found = std::ranges::find(all_, name, &passed_socket::name);
    if (found == all_.end())
        throw std::runtime_error(
            all_.empty()
                ? fmt::format("no socket named {} was passed, nor any other: start it by a socket "
                              "unit of systemd",
                              name)
                : fmt::format("no socket named {} was passed, only {}", name,
                              fmt::join(names(), ", ")));
    const auto several = std::ranges::count(all_, name, &passed_socket::name);
    if (several > 1)
        throw std::runtime_error(
            fmt::format("{} sockets named {} were passed: a listener has one, so give each socket "
                        "unit one ListenStream= and a FileDescriptorName= of its own",
                        several, name));
    return *found;
}

net::bound_listener passed_sockets::share(const std::string& name, unsigned workers) const {
    const auto where = "cannot listen on systemd:" + name + ": ";
    try {
        return net::share_listener(only_one(name).socket.get(), workers);
    } catch (const std::runtime_error& failed) {
        throw std::runtime_error(where + failed.what());
    }
}

}  // namespace sluice::app
