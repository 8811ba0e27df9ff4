// SPDX-License-Identifier: Apache-2.0
#include "routing/pattern.hpp"

#include "sluice/base/strings.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace sluice::routing {

namespace {

// RE2's default of 8 MiB an expression would let a thousand routes hold 8 GB of cached states. An
// expression that needs more than this is refused when it is compiled; a cache of states that is
// full is dropped and begun anew.
constexpr int memory_limit = 256 * 1024;

re2::RE2::Options options() {
    re2::RE2::Options chosen;
    chosen.set_max_mem(memory_limit);
    chosen.set_log_errors(false);
    chosen.set_never_capture(true);  // nothing reads groups
    return chosen;
}

bool is_literal(char c) noexcept {
    constexpr std::string_view others = "/-_~,:;=@!&%'\"<> #`";
    return is_digit(c) || is_alpha(c) || others.find(c) != others.npos;
}

bool is_punctuation(char c) noexcept {
    return c > 0x20 && c < 0x7F && !is_digit(c) && !is_alpha(c);
}

/// The index behind the class that begins at `at`; npos when it is not plain where it ends.
std::size_t skip_class(std::string_view text, std::size_t at) noexcept {
    ++at;
    at += text.substr(at).starts_with('^');
    at += text.substr(at).starts_with(']');  // first, it stands for itself
    while (at < text.size() && text[at] != ']') {
        if (text[at] == '[')  // itself, or the begin of a name such as [:alpha:]
            return text.npos;
        at += text[at] == '\\' ? 2 : 1;
    }
    return at + 1;
}

/// True when a `|` outside of every group may make another beginning possible.
bool may_begin_otherwise(std::string_view text) noexcept {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        switch (text[i]) {
        case '\\':
            ++i;
            if (i < text.size() &&
                text[i] == 'Q')  // quoting changes how everything behind it is read
                return true;
            break;
        case '[':
            i = skip_class(text, i);
            if (i == text.npos)
                return true;
            --i;
            break;
        case '(':
            ++depth;
            break;
        case ')':
            depth -= depth > 0 ? 1 : 0;
            break;
        case '|':
            if (depth == 0)
                return true;
            break;
        default:
            break;
        }
    }
    return false;
}

}  // namespace

std::string literal_prefix(std::string_view expression, std::size_t longest) {
    std::string prefix;
    if (may_begin_otherwise(expression))
        return prefix;
    for (std::size_t i = expression.starts_with('^') ? 1 : 0; i < expression.size(); ++i) {
        char c = expression[i];
        const bool is_escape =
            c == '\\' && i + 1 < expression.size() && is_punctuation(expression[i + 1]);
        if (is_escape)
            c = expression[++i];
        else if (!is_literal(c))
            break;
        prefix += c;
        // What a `*` follows may be there not even once. RE2 looks for it behind flags too:
        // `a+(?i)?` is `a*`.
        std::string_view rest = expression.substr(i + 1);
        while (rest.starts_with('+'))
            rest.remove_prefix(1);
        if (rest.starts_with('*') || rest.starts_with('?') || rest.starts_with('{') ||
            rest.starts_with("(?")) {
            prefix.pop_back();
            break;
        }
    }
    prefix.resize(std::min(prefix.size(), longest));
    return prefix;
}

pattern::pattern(std::string text) : text_(std::move(text)) {}

pattern::~pattern() = default;

const re2::RE2& pattern::compiled() const {
    std::call_once(once_, [this] { compiled_ = std::make_unique<re2::RE2>(text_, options()); });
    return *compiled_;
}

std::string pattern::problem() const {
    return compiled().ok() ? std::string{} : compiled().error();
}

bool pattern::matches(std::string_view text) const {
    const re2::RE2& expression = compiled();
    const re2::StringPiece whole(text.data(), text.size());
    return expression.ok() &&
           expression.Match(whole, 0, whole.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

}  // namespace sluice::routing
