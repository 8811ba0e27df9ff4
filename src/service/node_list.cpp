// SPDX-License-Identifier: Apache-2.0
#include "service/node_list.hpp"

#include "net/kinds.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/config/kinds.hpp"

#include <algorithm>

namespace sluice::service {

namespace {

constexpr std::uint64_t most_weight = 1'000'000;
constexpr std::string_view weight_word = "weight=";

/// A problem with one node of the text; a hidden text is not quoted from.
void refuse(const config::value& from, std::string_view part, std::string_view what,
            std::string expected, std::string suggestion = {}) {
    const auto shown = from.is_hidden() ? std::string("the value") : quoted(part);
    from.refuse(shown + " " + std::string(what), std::move(expected), std::move(suggestion));
}

}  // namespace

std::string node_list::expected() const {
    return "IP addresses with ports such as 10.0.0.1:8080, [::1]:8080 or unix:/path, each with "
           "weight=N if wanted";
}

void node_list::read(const config::value& from, std::vector<node>& to) const {
    if (!from.is_text() && !from.is_list())
        return from.refuse_as(expected());
    to.clear();
    if (from.is_text())
        for (const auto part : split(from.text(), ','))
            read_one(from, part, to);
    for (std::size_t i = 0; i < from.size(); ++i) {
        const auto element = from[i];
        if (element.is_text())
            read_one(element, element.text(), to);
        else
            element.refuse_as("a node such as \"10.0.0.1:8080 weight=5\"");
    }
    if (from.is_list() && from.size() == 0)
        from.refuse("the list is empty", expected());
}

void node_list::read_one(const config::value& from, std::string_view text,
                         std::vector<node>& to) const {
    text = trim(text);
    const auto gap = text.find_first_of(" \t");
    const auto where = text.substr(0, gap);
    const auto rest = gap == std::string_view::npos ? std::string_view() : trim(text.substr(gap));
    const auto address = net::address::parse(where);
    if (where.empty())
        return from.refuse("a node is missing", expected());
    if (!address)
        return refuse(from, where, "is not the address of a node", expected(),
                      net::address_for(where));
    if (!address->is_unix() && address->port() == 0)
        return refuse(from, where, "has port 0", "a port from 1 to 65535");
    node one{*address};
    if (!rest.empty()) {
        const auto weight = rest.starts_with(weight_word)
                                ? config::parse_whole(rest.substr(weight_word.size()))
                                : std::nullopt;
        if (!weight || *weight > most_weight)
            return refuse(from, rest, "is not a weight",
                          "weight=N with N from 0 to " + std::to_string(most_weight));
        one.weight = static_cast<unsigned>(*weight);
    }
    if (std::ranges::find(to, one.address, &node::address) != to.end())
        return refuse(from, where, "is given twice", "each node once, a larger share by weight=N");
    to.push_back(one);
}

void node_list::write(config::writer& out, const std::vector<node>& from) const {
    out.list(from.size(), [&](std::size_t i) {
        const auto weight = from[i].weight == 1 ? "" : " weight=" + std::to_string(from[i].weight);
        out.text(from[i].address.to_string() + weight);
    });
}

}  // namespace sluice::service
