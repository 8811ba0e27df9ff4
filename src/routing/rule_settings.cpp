// SPDX-License-Identifier: Apache-2.0
#include "http/kinds.hpp"
#include "routing/pattern.hpp"
#include "routing/schemas.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/config/kinds.hpp"
#include "sluice/http/target.hpp"

#include <algorithm>

namespace sluice::routing {

namespace {

constexpr config::name listener_name;

/// Asks the very pattern that will match: what it cannot compile would be a route that never does.
void read_regex(const config::value& from, std::string& to) {
    config::text{}.read(from, to);
    if (to.empty())
        return;
    if (const auto problem = pattern(to).problem(); !problem.empty())
        from.refuse("not a regular expression" +
                        (from.is_hidden() ? std::string() : ": " + problem),
                    "RE2 syntax");
}

/// `exact`, `prefix` or `regex`: each sets both how and text.
struct path_text {
    path_rule::kind how;

    void read(const config::value& from, path_rule& to) const {
        to.how = how;
        if (how == path_rule::kind::regex)
            return read_regex(from, to.text);
        read_path(from, to.text, expected());
    }
    void write(config::writer& out, const path_rule& from) const { out.text(from.text); }
    bool present(const path_rule& one) const { return one.how == how; }
    std::string expected() const {
        return how == path_rule::kind::regex ? "a regular expression for the whole path"
                                             : "a path such as /orders";
    }
    config::form look() const {
        return how == path_rule::kind::regex ? config::named_text("regular expression")
                                             : path_form();
    }
};

const config::schema<path_rule>& path_schema() {
    static const config::schema<path_rule> keys{
        {"exact", path_text{path_rule::kind::exact}, "the whole path", config::alternative},
        {"prefix", path_text{path_rule::kind::prefix}, "the path or its first whole segments",
         config::alternative},
        {"regex", path_text{path_rule::kind::regex}, "an RE2 pattern for the whole path",
         config::alternative},
    };
    return keys;
}

struct path_kind : config::block<path_rule> {
    path_kind() : block(path_schema()) {}
    bool present(const path_rule& one) const { return one.how != path_rule::kind::any; }
};

/// The long form of a header or query condition.
struct rule_regex {
    void read(const config::value& from, value_rule& to) const {
        to.how = value_rule::kind::regex;
        read_regex(from, to.text);
    }
    void write(config::writer& out, const value_rule& from) const { out.text(from.text); }
    bool present(const value_rule& one) const { return one.how == value_rule::kind::regex; }
    std::string expected() const { return "a regular expression for the whole value"; }
    config::form look() const { return config::named_text("regular expression"); }
};

struct rule_present {
    void read(const config::value& from, value_rule& to) const {
        bool wanted = true;
        config::flag{}.read(from, wanted);
        if (!wanted)
            from.refuse("a condition cannot ask for absence", "true");
        to.how = value_rule::kind::present;
    }
    void write(config::writer& out, const value_rule&) const { out.flag(true); }
    bool present(const value_rule& one) const { return one.how == value_rule::kind::present; }
    std::string expected() const { return "true"; }
    config::form look() const { return {.what = config::form::type::flag, .words = {"true"}}; }
};

const config::schema<value_rule>& value_schema() {
    static const config::schema<value_rule> keys{
        {"regex", rule_regex{}, "an RE2 pattern for the whole value", config::alternative},
        {"present", rule_present{}, "any value will do, an empty one too", config::alternative},
    };
    return keys;
}

/// A map from names to conditions.
struct value_rules {
    bool are_headers;

    void read(const config::value& from, std::vector<value_rule>& to) const {
        if (!from.is_map())
            return from.refuse_as(expected());
        to.clear();
        for (std::size_t i = 0; i < from.size(); ++i)
            read_one(from[i], to);
    }
    void write(config::writer& out, const std::vector<value_rule>& from) const {
        out.map([&] {
            for (const auto& one : from)
                out.member(one.name, [&] {
                    if (one.how == value_rule::kind::exact)
                        out.text(one.text);
                    else
                        value_schema().write(out, one);
                });
        });
    }
    std::string expected() const {
        return "a map from names to a text, {regex: ...} or {present: true}";
    }
    config::form look() const {
        auto condition = config::either_of(config::named_text("text"),
                                           config::form_of(config::block(value_schema())));
        condition.expected = "a text, {regex: ...} or {present: true}";
        return {.what = config::form::type::names,
                .pattern = std::string(are_headers ? http::token_pattern : ""),
                .parts = {std::move(condition)}};
    }

private:
    void read_one(const config::value& from, std::vector<value_rule>& to) const {
        auto& one = to.emplace_back();
        one.name = from.key();
        if (are_headers && !is_token(one.name))
            from.refuse_key("not the name of a header", "letters, digits and -");
        const auto same = [&](const value_rule& earlier) {
            return iequals(earlier.name, one.name);
        };
        if (are_headers && std::find_if(to.begin(), to.end() - 1, same) != to.end() - 1)
            from.refuse_key("the header is given twice: names are compared without case");
        if (from.is_map())
            return value_schema().read(from, one);
        if (!from.is_text())
            return from.refuse_as("a text, {regex: ...} or {present: true}");
        one.text = from.text();
    }
};

}  // namespace

config::form path_form() { return config::patterned("path", "/[^?# ]*"); }

void read_path(const config::value& from, std::string& to, std::string expected) {
    config::text{}.read(from, to);
    const auto refuse = [&](std::string_view why, std::string_view suggestion = {}) {
        from.refuse(from.shown() + " " + std::string(why), std::move(expected),
                    std::string(suggestion));
    };
    if (to.empty())
        return;  // refused already
    if (!to.starts_with('/'))
        return refuse("does not start with a slash");
    if (to.find_first_of("?#") != std::string::npos)
        return refuse("holds a ? or #, which are no part of a path");
    arena room;
    const auto canonical = http::canonical_path(to, room);
    if (!canonical)
        return refuse(
            "is not a path a request may have: spaces and what is not ASCII stand in it as "
            "% escapes");
    if (*canonical != to)
        refuse("is not in canonical form", *canonical);
}

const config::schema<rule>& rule_schema() {
    static const config::schema<rule> keys{
        {"hosts", &rule::hosts, config::list_of{http::host_pattern{}, "hosts"},
         "any of these; without the key, any host"},
        {"path", &rule::path, path_kind{}, "the path without its query; without the key, any path"},
        {"methods", &rule::methods, config::list_of{http::method_name{}, "methods"},
         "any of these, their case as written; without the key, any method"},
        {"headers", &rule::headers, value_rules{true},
         "all of these hold for one of the lines of that name"},
        {"query", &rule::query, value_rules{false}, "all of these hold, compared decoded"},
        {"listeners", &rule::listeners, config::list_of{listener_name, "names of listeners"},
         "any of these listeners; without the key, any listener"},
    };
    return keys;
}

}  // namespace sluice::routing
