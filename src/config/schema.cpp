// SPDX-License-Identifier: Apache-2.0
#include "sluice/config/schema.hpp"

#include "sluice/config/kinds.hpp"

#include <algorithm>

namespace sluice::config {

namespace {

void hide_texts(const value& one) {
    if (one.is_text())
        one.hide();
    for (std::size_t i = 0; i < one.size(); ++i)
        hide_texts(one[i]);
}

}  // namespace

std::size_t any_schema::find(std::string_view key) const noexcept {
    std::size_t at = 0;
    while (at < facts_.size() && facts_[at].key != key)
        ++at;
    return at;
}

void any_schema::refuse_unknown(const value& member) const {
    closest_match meant(member.key());
    for (const auto& one : facts_)
        meant.offer(one.key);
    hide_texts(member);  // a misspelt `token` is as secret as a right one
    if (!meant.best().empty())
        return member.refuse_key("unknown key", {}, std::string(meant.best()));
    std::string known;
    for (const auto& one : facts_)
        if (one.is_built)
            (known += known.empty() ? "one of " : ", ") += one.key;
    member.refuse_key("unknown key", known);
}

void any_schema::refuse_missing(const value& block) const {
    for (const auto& one : facts_)
        if ((one.traits & required) && !block.find(one.key))
            block.refuse("the key " + quoted(one.key) + " is missing", one.look.expected);
}

/// That none is given is only said when nothing was refused: a misspelt one would be told twice.
void any_schema::refuse_alternatives(const value& block, keys_read how) const {
    std::vector<std::string_view> offered, given;
    for (const auto& one : facts_)
        if (one.traits & alternative)
            offered.push_back(one.key);
    for (std::size_t i = 0; i < block.size(); ++i)
        if (std::ranges::find(offered, block[i].key()) != offered.end())
            given.push_back(block[i].key());
    if (given.size() > 1)
        block.find(given[1])->refuse_key(quoted(given[0]) + " and " + quoted(given[1]) +
                                             " cannot both be given",
                                         one_of(offered));
    else if (!offered.empty() && given.empty() && how == keys_read::clean)
        block.refuse("one key is missing", one_of(offered));
}

}  // namespace sluice::config
