// SPDX-License-Identifier: Apache-2.0
#include "app/load_settings.hpp"

#include "app/check_names.hpp"

namespace sluice::app {

namespace {

std::vector<config::place> places_of(const config::value& root, std::string_view list_key) {
    std::vector<config::place> places;
    const auto list = root.find(list_key);
    for (std::size_t i = 0; list && i < list->size(); ++i)
        places.push_back((*list)[i].where());
    return places;
}

} // namespace

loaded_settings load_settings(const std::string& path, const config::surroundings& around) {
    loaded_settings result;
    const auto document = config::load(path, result.problems, around);
    const config::value root(document.root(), result.problems);
    if (root.is_map()) {
        settings_schema().read(root, result.values);
        check_names(root, result.values, document.complete());
        result.places = {places_of(root, "listeners"), places_of(root, "services"), places_of(root, "routes")};
        result.hidden = config::hidden_paths(document.root());
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

} // namespace sluice::app
