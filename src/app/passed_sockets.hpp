// SPDX-License-Identifier: Apache-2.0
// The sockets systemd opened and passed to us, by name: listeners with `address: systemd:NAME` share
// them. Held until the process ends, also while no listener uses them, so that a later reload can.
#pragma once

#include "app/supervision.hpp"
#include "net/acceptor.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sluice::app {

class passed_sockets {
public:
    explicit passed_sockets(std::vector<passed_socket> all) : all_(std::move(all)) {}

    /// The socket of that name for all workers. Throws std::runtime_error that says which and why
    /// not: none or several have the name, it is no listening stream socket, descriptors run out.
    net::bound_listener share(const std::string& name, unsigned workers) const;

    /// Every name once.
    std::vector<std::string> names() const;

private:
    const passed_socket& only_one(const std::string& name) const;

    std::vector<passed_socket> all_;
};

}  // namespace sluice::app
