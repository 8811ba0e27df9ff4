// SPDX-License-Identifier: Apache-2.0
#include "app/origins.hpp"

#include <algorithm>

namespace sluice::app {

namespace {

constexpr marked_key listener_keys[] = {{"address"}};

constexpr marked_key service_keys[] = {
    {"url"},
    {"balancer"},
    {"tls"},
    {"timeouts", "connect"},
    {"timeouts", "upstream_tls"},
    {"timeouts", "upstream_head"},
    {"timeouts", "upstream_idle"},
    {"timeouts", "stream_idle"},
};

constexpr marked_key route_keys[] = {
    {"match", "hosts"},
    {"match", "path"},
    {"match", "methods"},
    {"match", "listeners"},
    {"match", "headers", true},
    {"match", "query", true},
    {"service"},
    {"services", {}, true},
    {"rewrite", "prefix"},
    {"rewrite", "host"},
    {"timeout"},
    {"timeouts", "connect"},
    {"timeouts", "upstream_tls"},
    {"timeouts", "upstream_head"},
    {"timeouts", "upstream_idle"},
    {"timeouts", "stream_idle"},
};

constexpr marked_key global_keys[] = {
    {"limits", "body"},
    {"timeouts", "tls_handshake"},
    {"timeouts", "client_head"},
    {"timeouts", "client_body_idle"},
    {"timeouts", "client_write_idle"},
    {"timeouts", "min_rate"},
    {"timeouts", "client_idle"},
    {"timeouts", "connect"},
    {"timeouts", "upstream_tls"},
    {"timeouts", "upstream_head"},
    {"timeouts", "upstream_idle"},
    {"timeouts", "stream_idle"},
};

void read_list(const config::value& root, std::string_view key, key_marks& to) {
    const auto list = root.find(key);
    for (std::size_t i = 0; list && i < list->size(); ++i)
        to.add((*list)[i]);
    to.finish();
}

}  // namespace

void key_marks::add(const config::value& entry) {
    const auto where = entry.where();
    entries_.push_back({where.file, where.line, static_cast<std::uint32_t>(marks_.size())});
    add_keys(entry, {});
}

void key_marks::add_keys(const config::value& map, std::string_view outer) {
    for (std::size_t i = 0; map.is_map() && i < map.size(); ++i) {
        const auto member = map[i];
        const auto at = outer.empty() ? find(member.key(), {}) : find(outer, member.key());
        if (at < keys_.size()) {
            const auto key = static_cast<std::uint16_t>(at);
            marks_.push_back({member.key_where().line, key, 0});
            for (std::size_t n = 0; keys_[at].elements && n < member.size() && n < UINT16_MAX; ++n)
                marks_.push_back({member[n].where().line, key, static_cast<std::uint16_t>(n + 1)});
        } else if (outer.empty()) {
            add_keys(member, member.key());
        }
    }
}

void key_marks::finish() {
    entries_.shrink_to_fit();
    marks_.shrink_to_fit();
}

std::size_t key_marks::find(std::string_view outer, std::string_view inner) const noexcept {
    std::size_t at = 0;
    while (at < keys_.size() && (keys_[at].outer != outer || keys_[at].inner != inner))
        ++at;
    return at;
}

config::place key_marks::entry(std::size_t at) const noexcept {
    return {entries_[at].file, entries_[at].line, 1};
}

std::optional<config::place> key_marks::key(std::size_t at, std::string_view outer,
                                            std::string_view inner, std::size_t nth) const {
    const auto wanted = find(outer, inner);
    const auto element = nth == whole ? 0 : nth + 1;
    const auto end = at + 1 < entries_.size() ? entries_[at + 1].first : marks_.size();
    for (std::size_t i = entries_[at].first; i < end; ++i)
        if (marks_[i].key == wanted && marks_[i].element == element)
            return config::place{entries_[at].file, marks_[i].line, 1};
    return std::nullopt;
}

origins::origins()
    : listeners(listener_keys), services(service_keys), routes(route_keys), globals(global_keys) {}

void origins::read(const config::value& root) {
    read_list(root, "listeners", listeners);
    read_list(root, "services", services);
    read_list(root, "routes", routes);
    globals.add(root);
    globals.finish();
}

}  // namespace sluice::app
