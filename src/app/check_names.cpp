// SPDX-License-Identifier: Apache-2.0
#include "app/check_names.hpp"

#include "sluice/base/strings.hpp"
#include "sluice/config/kinds.hpp"

#include <string_view>
#include <unordered_map>

namespace sluice::app {

namespace {

/// The names of one list, by what they are called; a hidden name is never offered as a suggestion.
class name_index {
public:
    name_index(const config::value& root, std::string_view list_key, std::string_view one)
        : one_(one) {
        const auto list = root.find(list_key);
        for (std::size_t i = 0; list && i < list->size(); ++i) {
            const auto element = (*list)[i];
            if (const auto name = element.find("name"); name && name->is_text())
                add(*name);
        }
    }

    void require(const config::value& reference) const {
        if (!config::is_name(reference.text()) || entries_.contains(reference.text()))
            return;  // what cannot be a name was refused when it was read
        closest_match meant(reference.text());
        if (!reference.problems().crowded())
            for (const auto& [name, known] : entries_)
                if (!known.is_hidden)
                    meant.offer(name);
        // A hidden reference may still be told to be wrong, but not what it says.
        const auto named = reference.is_hidden() ? std::string(" of that name")
                                                 : " named " + quoted(reference.text());
        reference.refuse("no " + std::string(one_) + named, {}, std::string(meant.best()));
    }

private:
    struct entry {
        config::place where;
        bool is_hidden;
    };

    void add(const config::value& name) {
        const auto [earlier, is_new] =
            entries_.try_emplace(name.text(), entry{name.where(), name.is_hidden()});
        if (!is_new)
            name.refuse("two " + std::string(one_) + "s are called " + name.shown() +
                            ", the first at " + name.problems().name_of(earlier->second.where),
                        "a name of its own");
    }

    std::string_view one_;
    std::unordered_map<std::string_view, entry> entries_;
};

void check_addresses(const config::value& root, const settings& read) {
    // address to the words that name who has it
    std::unordered_map<std::string, std::string> taken;
    const auto claim = [&](const config::value& from, const net::address& address) {
        if (address.is_any_port())
            return;
        const auto [earlier, is_new] =
            taken.emplace(address.to_string(), from.problems().name_of(from.where()));
        if (!is_new)
            from.refuse("the address is already used at " + earlier->second,
                        "an address of its own");
    };
    const auto list = root.find("listeners");
    for (std::size_t i = 0; list && i < list->size() && i < read.listeners.size(); ++i) {
        const auto element = (*list)[i];
        if (const auto address = element.find("address");
            address && read.listeners[i].address != net::address())
            claim(*address, read.listeners[i].address);
    }
    if (const auto admin = root.find("admin"))
        if (const auto address = admin->find("address"))
            claim(*address, read.admin.address);
}

void check_route(const config::value& route, const name_index& services,
                 const name_index& listeners) {
    if (const auto service = route.find("service"))
        services.require(*service);
    const auto several = route.find("services");
    for (std::size_t i = 0; several && i < several->size(); ++i) {
        const auto one = (*several)[i];
        if (const auto name = one.find("name"))
            services.require(*name);
    }
    const auto match = route.find("match");
    const auto named = match ? match->find("listeners") : std::nullopt;
    for (std::size_t i = 0; named && i < named->size(); ++i)
        listeners.require((*named)[i]);
}

}  // namespace

void check_names(const config::value& root, const settings& read, files_read files) {
    const name_index listeners(root, "listeners", "listener");
    const name_index services(root, "services", "service");
    const name_index routes_by_name(root, "routes", "route");
    check_addresses(root, read);
    if (files == files_read::some)
        return;
    const auto routes = root.find("routes");
    for (std::size_t i = 0; routes && i < routes->size(); ++i)
        check_route((*routes)[i], services, listeners);
}

}  // namespace sluice::app
