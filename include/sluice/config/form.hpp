// SPDX-License-Identifier: Apache-2.0
// What may stand at a key, for those who do not run the program: kinds tell it beside their
// reading, the JSON schema and the reference page are made of it. It never says no where the
// reading says yes; what only the reading knows (a file that is missing, a bound of a duration) it
// says in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

class any_schema;

struct form {
    enum class type : std::uint8_t {
        text,      ///< of `pattern`, or any
        quantity,  ///< a text of a number and a unit, of `pattern`
        number,    ///< whole
        flag,      ///< true or false, or the one of `words`
        word,      ///< one of `words`
        list,      ///< of `parts[0]`
        map,       ///< of `keys`
        names,     ///< a map from names (of `pattern`, or any) to `parts[0]`
        either,    ///< any of `parts`
    };

    type what = type::text;
    std::string called = {};    ///< in a few words: "duration", "path of a file"
    std::string expected = {};  ///< what a message would say; form_of() fills it in
    std::string unit = {};      ///< "ms, s, m or h"
    /// Bounds as they are written: of a number or quantity, of a list's length, of a text's length
    /// in characters; empty: none.
    std::string least = {}, most = {};
    std::string pattern = {};  ///< ECMA 262, of the whole text, references left out
    std::vector<std::string_view> words = {};
    std::vector<form> parts = {};
    const any_schema* keys = nullptr;  ///< of a map
    /// a number or truth value written without quotes is read as a text
    bool takes_any_scalar = false;
};

/// A text with a fixed place in the world (an address, a duration): never a number.
inline form patterned(std::string called, std::string pattern) {
    return {.called = std::move(called), .pattern = std::move(pattern)};
}

/// A text that may look like a number, of 1 to `most` characters.
inline form named_text(std::string called, std::string pattern = {}, std::string most = {}) {
    return {.called = std::move(called),
            .least = most.empty() ? "" : "1",
            .most = std::move(most),
            .pattern = std::move(pattern),
            .takes_any_scalar = true};
}

inline form words_of(std::vector<std::string_view> words) {
    return {.what = form::type::word, .words = std::move(words)};
}

inline form either_of(form first, form second) {
    return {.what = form::type::either, .parts = {std::move(first), std::move(second)}};
}

/// The form of a kind (kinds.hpp), with the words of its messages.
template <class K>
form form_of(const K& kind) {
    auto found = kind.look();
    found.expected = kind.expected();
    return found;
}

}  // namespace sluice::config
