// SPDX-License-Identifier: Apache-2.0
// What a request would meet, without sending it: the steps of proxy/gateway, asked one after the
// other. Used by `sluice explain` and, on the live table, by POST /api/v1/explain.
#pragma once

#include "app/explain/arrival.hpp"
#include "app/explain/explanation.hpp"
#include "app/load_settings.hpp"
#include "proxy/table.hpp"
#include "sluice/admin/explain_request.hpp"

#include <optional>
#include <span>
#include <string>

namespace sluice::app::explain {

/// What is asked: a table, the settings it was made of, and the listeners in front of it, in the
/// order of the settings. Borrowed.
struct surroundings {
    const loaded_settings& settings;
    const proxy::table& table;
    std::span<const open_entrance> entrances;  ///< at least one
    bool sources_tell = false;  ///< the table has what sources found; else nobody asked them
};

struct outcome {
    std::optional<explanation> of;
    std::string problem;  ///< why there is none: no request anybody could send, no such listener
};

/// Connects, resolves and changes nothing. Looks at every route once to find near misses: below
/// 0.1 s for 100,000 of them.
outcome answer(const admin::explain_request&, const surroundings&);

}  // namespace sluice::app::explain
