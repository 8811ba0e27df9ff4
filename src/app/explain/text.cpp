// SPDX-License-Identifier: Apache-2.0
// An explanation for people: three columns, what, which, and where it stands.
#include "app/explain/explanation.hpp"
#include "sluice/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::app::explain {

namespace {

// A longer text pushes its place out of the column instead of everybody's.
constexpr std::size_t widest = 72;

/// Bytes of the request and the configuration made safe for a terminal.
std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += static_cast<unsigned char>(c) < 0x20 || c == '\x7F' ? '?' : c;
    return out;
}

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

class page {
public:
    void line(std::string_view label, std::string_view text, std::string_view at = {}) {
        rows_.push_back({std::string(label), printable(text), std::string(at)});
    }
    void line(std::string_view label, const told& one) { line(label, one.text, one.at); }
    void gap() { rows_.push_back({}); }

    std::string take() const {
        std::size_t label = 0, text = 0;
        for (const auto& one : rows_) {
            label = std::max(label, width_of(one.label));
            if (!one.at.empty() && width_of(one.text) <= widest)
                text = std::max(text, width_of(one.text));
        }
        std::string out;
        for (const auto& one : rows_) {
            auto line = padded(one.label, label + 2) + one.text;
            if (!one.at.empty())
                line = padded(line, label + 2 + text + 2) + one.at;
            while (line.ends_with(' '))
                line.pop_back();
            out += line + "\n";
        }
        return out;
    }

private:
    struct row {
        std::string label, text, at;
    };
    static std::string padded(std::string text, std::size_t width) {
        const auto has = width_of(text);
        text.append(has < width ? width - has : text.empty() ? 0 : 2, ' ');
        return text;
    }

    std::vector<row> rows_;
};

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& one : texts)
        all += (all.empty() ? "" : ", ") + one;
    return all;
}

void put_sending(page& to, const told_sending& one) {
    to.gap();
    to.line("to the node", "", "");
    to.line("  path", one.path);
    const auto host = one.host.text.empty() ? std::string("each node's own") : one.host.text;
    to.line("  Host", host, one.host.at);
}

std::string answer_text(const told_answer& one) {
    return fmt::format("{} {}: {}", one.status, one.code, one.message);
}

std::string node_text(const told_node& one) {
    auto text = one.address;
    if (one.weight != 1)
        text += fmt::format(" weight={}", one.weight);
    if (one.tier != 0)
        text += fmt::format(" tier {}", one.tier);
    if (!one.host.empty() && one.host != one.address)
        text += " as " + one.host;
    if (!one.tls_name.empty())
        text += " proving " + one.tls_name;
    return text;
}

void put_timeouts(page& to, const std::vector<told_timeout>& all) {
    for (const auto& one : all)
        to.line("  " + std::string(one.name), fmt::format("{:<8} {}", one.value, one.level),
                one.at);
}

void put_service(page& to, const told_service& one) {
    to.gap();
    to.line("service", one.name);
    if (one.share < 1)
        to.line("  share", fmt::format("{:.4g}% of the requests", one.share * 100), one.chosen_at);
    if (!one.names.empty())
        to.line("  asks DNS for", joined(one.names), one.nodes_at);
    for (std::size_t i = 0; i < one.nodes.size(); ++i)
        to.line(i == 0 ? "  nodes" : "", node_text(one.nodes[i]),
                i == 0 && one.names.empty() ? one.nodes_at : std::string());
    if (one.answer)
        to.line("  answer", answer_text(*one.answer));
    to.line("  balancer", one.balancer);
    to.line("  tls", one.tls.mode.text + (one.tls.verify ? "" : ", nodes are not verified"),
            one.tls.mode.at);
    put_timeouts(to, one.timeouts);
}

void put_losers(page& to, const std::vector<told_loser>& all) {
    to.gap();
    to.line("other routes", "", "");
    for (const auto& one : all)
        to.line("  " + one.route.text, one.reason.text,
                one.reason.at.empty() ? one.route.at : one.reason.at);
}

}  // namespace

std::string to_text(const explanation& from) {
    page to;
    to.line("request", from.method + " " + from.url);
    to.line("listener", from.listener.name.text + " on " + from.listener.address,
            from.listener.name.at);
    if (!from.listener.note.empty())
        to.line("", from.listener.note);
    if (from.route) {
        to.line("route", from.route->name);
        to.line("  host", from.route->host);
        to.line("  path", from.route->path);
    } else {
        to.line("route", "none");
    }
    if (from.answer)
        to.line("answer", answer_text(*from.answer));
    if (from.sending)
        put_sending(to, *from.sending);
    for (const auto& one : from.services)
        put_service(to, one);
    to.gap();
    to.line("client", "", "");
    put_timeouts(to, from.client_timeouts);
    if (!from.losers.empty())
        put_losers(to, from.losers);
    return to.take();
}

}  // namespace sluice::app::explain
