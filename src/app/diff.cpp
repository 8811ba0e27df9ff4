// SPDX-License-Identifier: Apache-2.0
#include "app/diff.hpp"

#include "http/schemas.hpp"
#include "proxy/schemas.hpp"
#include "service/schemas.hpp"
#include "sluice/base/secret.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace sluice::app {

namespace {

constexpr std::size_t longest_value = 200;

// What both sides show alike is hidden on both.
bool is_hidden(const config::key_change& one) {
    return one.before == one.after || one.before.find(secret::masked) != std::string::npos ||
           one.after.find(secret::masked) != std::string::npos;
}

std::string cut(const std::string& json) {
    if (json.empty())
        return "nothing";
    if (json.size() <= longest_value)
        return json;
    auto end = longest_value;
    while ((json[end] & 0xC0) == 0x80)  // inside a character
        --end;
    return json.substr(0, end) + "...";
}

std::string line_of(const std::string& subject, const config::key_change& one) {
    auto line = "~ " + subject + one.key;
    line +=
        is_hidden(one) ? std::string(" changed") : " " + cut(one.before) + " -> " + cut(one.after);
    if ((one.traits & config::on_restart) != 0)
        line += " (takes effect on restart)";
    return line;
}

// One of the lists whose entries have names.
template <class T>
class named_list {
public:
    named_list(std::string_view key, std::string_view one, const std::vector<T>& entries,
               const loaded_settings& from)
        : key_(key), one_(one), entries_(entries), from_(from) {
        for (std::size_t at = 0; at < entries.size(); ++at)
            places_.emplace(entries[at].name, at);
    }

    std::size_t size() const { return entries_.size(); }
    const T& operator[](std::size_t at) const { return entries_[at]; }
    const std::size_t* find(const std::string& name) const {
        const auto found = places_.find(name);
        return found == places_.end() ? nullptr : &found->second;
    }
    std::string path(std::size_t at) const {
        return std::string(key_) + "[" + std::to_string(at) + "]";
    }
    /// `service orders`; a name a reference brought in is not told.
    std::string subject(std::size_t at) const {
        return std::string(one_) + " " + from_.shown(path(at) + ".name", entries_[at].name);
    }
    config::side side(std::size_t at) const { return {from_.hidden, path(at)}; }

private:
    std::string_view key_, one_;
    const std::vector<T>& entries_;
    const loaded_settings& from_;
    std::unordered_map<std::string_view, std::size_t> places_;
};

template <class T>
void compare_lists(const config::schema<T>& keys, const named_list<T>& before,
                   const named_list<T>& after, std::vector<std::string>& to) {
    for (std::size_t at = 0; at < before.size(); ++at)
        if (before.find(before[at].name) != nullptr && after.find(before[at].name) == nullptr)
            to.push_back("- " + before.subject(at));
    for (std::size_t at = 0; at < after.size(); ++at) {
        const auto* was = before.find(after[at].name);
        if (was == nullptr) {
            to.push_back("+ " + after.subject(at));
        } else if (!(before[*was] == after[at])) {
            std::vector<config::key_change> changes;
            keys.compare(before[*was], before.side(*was), after[at], after.side(at), changes);
            for (const auto& one : changes)
                to.push_back(line_of(after.subject(at) + ": ", one));
        }
    }
}

// Of routes the order decides which one wins.
template <class T>
bool is_reordered(const named_list<T>& before, const named_list<T>& after) {
    std::size_t last = 0;
    for (std::size_t at = 0; at < after.size(); ++at) {
        const auto* was = before.find(after[at].name);
        if (was == nullptr)
            continue;
        if (*was < last)
            return true;
        last = *was;
    }
    return false;
}

}  // namespace

std::vector<std::string> differences(const loaded_settings& before, const loaded_settings& after) {
    std::vector<std::string> lines;
    std::vector<config::key_change> global;
    settings_schema().compare(before.values, {before.hidden, {}}, after.values, {after.hidden, {}},
                              global, {"listeners", "services", "routes"});
    for (const auto& one : global)
        lines.push_back(line_of({}, one));
    const auto list = [](std::string_view key, std::string_view one, const auto& entries,
                         const loaded_settings& from) {
        return named_list(key, one, entries, from);
    };
    compare_lists(http::listener_schema(),
                  list("listeners", "listener", before.values.listeners, before),
                  list("listeners", "listener", after.values.listeners, after), lines);
    compare_lists(service::service_schema(),
                  list("services", "service", before.values.services, before),
                  list("services", "service", after.values.services, after), lines);
    const auto old_routes = list("routes", "route", before.values.routes, before);
    const auto new_routes = list("routes", "route", after.values.routes, after);
    compare_lists(proxy::route_schema(), old_routes, new_routes, lines);
    if (is_reordered(old_routes, new_routes))
        lines.push_back("~ routes: another order");
    return lines;
}

}  // namespace sluice::app
