// SPDX-License-Identifier: Apache-2.0
// The gateway in the foreground with the signals of the contract, wherever its configuration comes
// from: what `run` and `proxy` share.
#pragma once

#include "app/load_settings.hpp"

#include <functional>

namespace sluice::commands {

/// Serves until SIGTERM or SIGINT; `load` is called now and at every reload (SIGHUP). Returns the
/// exit code of the process.
int run_gateway(const std::function<app::loaded_settings()>& load);

}  // namespace sluice::commands
