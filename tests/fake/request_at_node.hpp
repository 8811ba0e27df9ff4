// SPDX-License-Identifier: Apache-2.0
// How most stories of a gateway begin: a client's first request has reached the only node, which has
// not answered yet.
#pragma once

#include "fake/gateway_rig.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string_view>

namespace fake {

struct request_at_node {
    using change = std::function<void(sluice::app::settings&)>;

    explicit request_at_node(std::string_view request, const change& changed = {})
        : rig(settings(changed)) {
        rig.send(client, request);
        upstream = one.accept();
        REQUIRE(upstream);
    }

    node one;
    gateway_rig rig;
    socket client = rig.connect();
    socket upstream;  ///< the node's end; it has read nothing yet

private:
    sluice::app::settings settings(const change& changed) const {
        auto all = settings_for({&one});
        if (changed)
            changed(all);
        return all;
    }
};

}  // namespace fake
