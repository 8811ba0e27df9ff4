// SPDX-License-Identifier: Apache-2.0
// The way in for everyone who needs a configuration: run, check, reload and explain.
#pragma once

#include "app/origins.hpp"
#include "app/settings.hpp"
#include "sluice/config/load.hpp"
#include "sluice/config/report.hpp"
#include "sluice/config/schema.hpp"

#include <set>
#include <string>

namespace sluice::app {

/// A configuration, good or bad.
struct loaded_settings {
    settings values;
    config::report problems;       ///< use `values` only when problems.good()
    origins places;                ///< report::name_of() makes `file:line` of one
    std::set<std::string> hidden;  ///< paths whose values came from ${env:} or ${file:}

    /// The effective configuration as JSON: defaults filled, secrets `***` (GET /api/v1/config).
    std::string effective() const;
    /// `text`, or `***` when the value at `path` came from a reference; for answers put together
    /// without the writer.
    std::string shown(const std::string& path, std::string text) const;
};

/// Reads `path` and everything it names. Never binds, connects, resolves or writes. Thread: any;
/// blocks on the disk.
loaded_settings load_settings(const std::string& path,
                              const config::surroundings& around = config::machine());

/// The keys of the whole configuration.
const config::schema<settings>& settings_schema();

}  // namespace sluice::app
