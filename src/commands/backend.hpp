// SPDX-License-Identifier: Apache-2.0
// `sluice backend`: a small HTTP server to try the proxy with and to test it against. It is not
// part of the proxy.
#pragma once

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace sluice::commands {

/// Listens on `listen` (`127.0.0.1:9001`, `[::1]:0`, `unix:/run/b.sock`), says `listening on
/// ADDRESS` on stderr and serves until SIGTERM or SIGINT. Returns the exit code: 0 stopped, 1
/// cannot listen, 64 not an address.
int backend(const std::string& listen);

/// Adds the sub-command; when it is the one called, `exit_code` is set.
void add_backend(CLI::App& app, int& exit_code);

}  // namespace sluice::commands
