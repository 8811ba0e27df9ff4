// SPDX-License-Identifier: Apache-2.0
// From a file name to one tree: reads the file and what it includes, replaces ${...}, refuses what
// YAML lets pass (duplicate keys, tags, merge keys, bombs of aliases). What the keys mean is for
// schemas.
#pragma once

#include "sluice/config/node.hpp"
#include "sluice/config/report.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

namespace sluice::config {

/// The bounds of everything a configuration can make us do.
struct bounds {
    std::size_t file_bytes = 64 << 20;    ///< one configuration file
    std::size_t total_bytes = 256 << 20;  ///< all of them
    std::size_t value_bytes = 64 << 10;   ///< a file behind ${file:}
    std::size_t nodes = 10'000'000;       ///< texts, lists and maps of all files
    std::size_t alias_nodes = 1'000'000;  ///< of these, what aliases may add
    std::size_t depth = 64;               ///< levels of lists and maps, aliases followed
    std::size_t include_depth = 8;
};

/// What of the machine a configuration may look at; tests and fuzzers hand in their own.
struct surroundings {
    /// A whole file of at most `most` bytes, or why not in `error`.
    std::function<std::optional<std::string>(const std::string& path, std::size_t most,
                                             std::string& error)>
        read;
    /// The files a pattern matches.
    std::function<std::vector<std::string>(const std::string& pattern)> match;
    /// One name for one file, whatever way leads to it.
    std::function<std::string(const std::string& path)> identity;
    /// An environment variable.
    std::function<std::optional<std::string>(const std::string& name)> variable;
};

/// The real machine: disk and environment. Never writes.
surroundings machine();

/// The tree of a configuration. Nodes point into it.
class document {
public:
    const node& root() const noexcept { return root_; }
    /// False when a file could not be read whole: names may be missing that are not wrong.
    bool complete() const noexcept { return complete_; }

private:
    friend class loader;
    std::unique_ptr<std::pmr::monotonic_buffer_resource> room_ =
        std::make_unique<std::pmr::monotonic_buffer_resource>();
    node root_;
    bool complete_ = true;
};

/// Reads `path` and everything it includes. Problems go to `problems`; the tree holds what could be
/// read. Thread: any; blocks on the disk. Throws nothing but std::bad_alloc.
document load(const std::string& path, report& problems, const surroundings& around,
              const bounds& most = {});

}  // namespace sluice::config
