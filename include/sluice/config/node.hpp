// SPDX-License-Identifier: Apache-2.0
// The tree a configuration file becomes: texts, lists and maps with their places, nothing typed
// yet. Nodes are immutable and own nothing; everything lives in the document's arena, so aliases
// share their children.
#pragma once

#include "sluice/config/report.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::config {

enum class shape : std::uint8_t { null, text, list, map };

struct node {
    std::string_view key;            ///< of a map's member, else empty
    std::string_view text;           ///< of a text, with ${...} already replaced
    std::span<const node> children;  ///< of a list or map, in file order
    place where;                     ///< of the value
    place key_where;                 ///< of the key
    /// nodes in this subtree, aliases counted as often as they are used
    std::uint32_t size = 1;
    std::uint16_t height = 1;  ///< levels of this subtree
    shape what = shape::null;
    bool is_quoted = false;  ///< was in quotes: a text whatever it looks like
    bool is_broken = false;  ///< already refused: nothing more is said about it
    /// it, or something in it, came from ${env:} or ${file:}: must not be shown
    bool is_hidden = false;
};

}  // namespace sluice::config
