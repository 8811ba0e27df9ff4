// SPDX-License-Identifier: Apache-2.0
#include "service/url_list.hpp"

#include "sluice/base/strings.hpp"
#include "sluice/config/kinds.hpp"

namespace sluice::service {

namespace {

constexpr std::uint64_t most_weight = 1'000'000;
constexpr std::string_view weight_word = "weight=";

void refuse_part(const config::value& from, std::string_view part, std::string_view what,
                 std::string expected, std::string suggestion = {}) {
    const auto shown = from.is_hidden() ? std::string("the value") : quoted(part);
    from.refuse(shown + " " + std::string(what), std::move(expected), std::move(suggestion));
}

}  // namespace

config::form url_form() {
    // `ADDR`, with `weight=N` behind it or not; in a text a comma ends it.
    const std::string weight = "([ \\t]+weight=(0|[1-9][0-9]{0,6}))?[ \\t]*";
    const auto entry = "[ \\t]*[^ \\t,]+" + weight;
    auto element = config::patterned("address", "[ \\t]*[^ \\t]+" + weight);
    element.expected = "an address or a name with its port, with weight=N if wanted";
    auto text =
        config::patterned("addresses with commas between them", entry + "(," + entry + ")*");
    text.expected = element.expected + ", several with commas between them";
    return config::either_of(std::move(text), {.what = config::form::type::list,
                                               .called = "addresses",
                                               .least = "1",
                                               .parts = {std::move(element)}});
}

void url_entry::refuse(std::string_view what, std::string expected, std::string suggestion) const {
    refuse_part(from, where, what, std::move(expected), std::move(suggestion));
}

void url_list::read(const config::value& from,
                    const std::function<void(const url_entry&)>& take) const {
    if (!from.is_text() && !from.is_list())
        return from.refuse_as(expected);
    if (from.is_text())
        for (const auto part : split(from.text(), ','))
            read_one(from, part, take);
    for (std::size_t i = 0; i < from.size(); ++i) {
        const auto element = from[i];
        if (element.is_text())
            read_one(element, element.text(), take);
        else
            element.refuse_as(std::string(one) + " such as " + quoted(sample));
    }
    if (from.is_list() && from.size() == 0)
        from.refuse("the list is empty", expected);
}

void url_list::read_one(const config::value& from, std::string_view text,
                        const std::function<void(const url_entry&)>& take) const {
    text = trim(text);
    const auto gap = text.find_first_of(" \t");
    const auto rest = gap == std::string_view::npos ? std::string_view() : trim(text.substr(gap));
    if (text.empty())
        return from.refuse(std::string(one) + " is missing", expected);
    std::optional<unsigned> weight;
    if (!rest.empty()) {
        const auto number = rest.starts_with(weight_word)
                                ? config::parse_whole(rest.substr(weight_word.size()))
                                : std::nullopt;
        if (!number || *number > most_weight)
            return refuse_part(from, rest, "is not a weight",
                               "weight=N with N from 0 to " + std::to_string(most_weight));
        weight = static_cast<unsigned>(*number);
    }
    take({from, text.substr(0, gap), weight});
}

}  // namespace sluice::service
