// SPDX-License-Identifier: Apache-2.0
// One YAML text into a tree, strictly. Only load.cpp uses it; yaml-cpp is seen by its .cpp alone.
#pragma once

#include "sluice/config/load.hpp"

#include <functional>
#include <memory_resource>
#include <string_view>

namespace sluice::config {

/// What all files of one configuration share.
struct build_budget {
    std::size_t nodes = 0;
    std::size_t alias_nodes = 0;
};

/// Replaces ${...} in a text; answers why it could not, or an empty text.
using expander = std::function<std::string(node& one)>;

/// The tree of file `file` of the report, or nothing when the text is not one strict YAML document;
/// then the report says why. An empty text is a null node.
std::optional<node> build_tree(std::uint32_t file, report& problems,
                               std::pmr::memory_resource& room, build_budget& spent,
                               const bounds& most, const expander& expand);

}  // namespace sluice::config
