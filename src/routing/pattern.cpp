// SPDX-License-Identifier: Apache-2.0
#include "routing/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace sluice::routing {

namespace {

// RE2's default of 8 MiB an expression would let a thousand routes hold 8 GB of cached states. An expression that
// needs more than this is refused when it is compiled; a cache of states that is full is dropped and begun anew.
constexpr int memory_limit = 256 * 1024;

re2::RE2::Options options() {
    re2::RE2::Options chosen;
    chosen.set_max_mem(memory_limit);
    chosen.set_log_errors(false);
    chosen.set_never_capture(true);  // nothing reads groups
    return chosen;
}

} // namespace

pattern::pattern(std::string_view text)
    : expression_(std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options())) {}

pattern::~pattern() = default;

std::string pattern::problem() const {
    return expression_->ok() ? std::string{} : expression_->error();
}

bool pattern::matches(std::string_view text) const {
    const re2::StringPiece whole(text.data(), text.size());
    return expression_->ok() && expression_->Match(whole, 0, whole.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

std::string pattern::literal_prefix(std::size_t longest) const {
    std::string least, greatest;
    if (!expression_->ok() || !expression_->PossibleMatchRange(&least, &greatest, static_cast<int>(longest)))
        return {};
    // Every match sorts between the two, so what they share at the beginning every match has too.
    const auto differs = std::mismatch(least.begin(), least.end(), greatest.begin(), greatest.end());
    least.erase(differs.first, least.end());
    return least;
}

} // namespace sluice::routing
