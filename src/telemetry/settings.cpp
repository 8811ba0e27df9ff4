// SPDX-License-Identifier: Apache-2.0
#include "sluice/config/kinds.hpp"
#include "telemetry/schemas.hpp"

namespace sluice::telemetry {

namespace {

const config::choice<line_format>& formats() {
    static const config::choice<line_format> words{{"json", line_format::json},
                                                   {"text", line_format::text}};
    return words;
}

/// A file, relative to the file that names it, or a word for none or an open one.
struct log_path {
    void read(const config::value& from, std::string& to) const {
        std::string path;
        config::text{}.read(from, path);
        const bool is_word = path == "stdout" || path == "stderr" || path == "off";
        if (!path.empty())
            to = is_word || path.starts_with('/') ? path : from.directory() + path;
    }
    void write(config::writer& out, const std::string& from) const { out.text(from); }
    std::string expected() const { return "stdout, stderr, off or the path of a file"; }
    config::form look() const {
        return config::either_of(config::words_of({"stdout", "stderr", "off"}),
                                 config::named_text("path of a file"));
    }
};

}  // namespace

const config::schema<metrics_settings>& metrics_schema() {
    static const config::schema<metrics_settings> keys{
        {"per_route", &metrics_settings::per_route, config::flag{},
         "whether each route has series of its own"},
        {"per_node", &metrics_settings::per_node, config::flag{},
         "whether each node has series of its own"},
        {"max_series", &metrics_settings::max_series, config::whole{100, 10'000'000, "series"},
         "how many there may be; beyond it, new ones share the label `other`"},
    };
    return keys;
}

const config::schema<access_log_settings>& access_log_schema() {
    static const config::schema<access_log_settings> keys{
        {"path", &access_log_settings::path, log_path{}, "where the lines go; off: nowhere"},
        {"format", &access_log_settings::format, formats(),
         "a JSON object a line, or the same as text"},
    };
    return keys;
}

const config::schema<log_settings>& log_schema() {
    static const config::choice<log_level> levels{{"debug", log_level::debug},
                                                  {"info", log_level::info},
                                                  {"warn", log_level::warn},
                                                  {"error", log_level::error}};
    static const config::schema<log_settings> keys{
        {"level", &log_settings::level, levels,
         "the least level that is written; `PUT /api/v1/log-level` changes it until this key does"},
        {"format", &log_settings::format, formats(), "a JSON object a line, or the same as text"},
    };
    return keys;
}

}  // namespace sluice::telemetry
