// SPDX-License-Identifier: Apache-2.0
// What systemd, or whoever speaks its protocol, told this process at the start: the only place that
// knows libsystemd. Used by commands/run.
#pragma once

#include "app/supervision.hpp"

namespace sluice::app {

/// Takes over the sockets that were passed (LISTEN_FDS, LISTEN_FDNAMES) and reads where beats are
/// expected (NOTIFY_SOCKET, WATCHDOG_USEC); all of it absent where nothing was told. Call it once,
/// before there are threads: it changes the environment. Throws std::system_error when what was told
/// about sockets is not true.
supervision supervision_by_systemd();

}  // namespace sluice::app
