// SPDX-License-Identifier: Apache-2.0
#include "app/load_settings.hpp"

#include "app/check_names.hpp"
#include "sluice/base/secret.hpp"

#include <utility>

namespace sluice::app {

namespace {

// `services: [{name: NAME}]` is dumped in its short form, `service: NAME`.
void hide_short_forms(std::size_t routes, std::set<std::string>& hidden) {
    for (std::size_t i = 0; i < routes; ++i) {
        const auto route = "routes[" + std::to_string(i) + "]";
        if (hidden.contains(route + ".services[0].name"))
            hidden.insert(route + ".service");
    }
}

}  // namespace

loaded_settings load_settings(const std::string& path, const config::surroundings& around) {
    loaded_settings result;
    const auto document = config::load(path, result.problems, around);
    const config::value root(document.root(), result.problems);
    if (root.is_map()) {
        settings_schema().read(root, result.values);
        check_names(root, result.values, document.complete() ? files_read::all : files_read::some);
        result.places.read(root);
        result.hidden = config::hidden_paths(document.root());
        hide_short_forms(result.values.routes.size(), result.hidden);
    }
    result.problems.sort();
    if (result.problems.problems().empty())
        result.problems.forget_texts();
    return result;
}

std::string loaded_settings::effective() const {
    config::writer out(hidden);
    settings_schema().write(out, values);
    return out.take();
}

std::string loaded_settings::shown(const std::string& path, std::string text) const {
    return hidden.contains(path) ? std::string(secret::masked) : std::move(text);
}

}  // namespace sluice::app
