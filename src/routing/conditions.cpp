// SPDX-License-Identifier: Apache-2.0
#include "routing/conditions.hpp"

#include "routing/query.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>

namespace sluice::routing {

namespace {

bool lists(const std::vector<std::string>& allowed, std::string_view one) noexcept {
    return allowed.empty() || std::find(allowed.begin(), allowed.end(), one) != allowed.end();
}

bool header_holds(const value_condition& wanted, const http::request_head& head) {
    // Host is kept apart from the other fields; on HTTP/1.0 it may be missing.
    if (iequals(wanted.rule.name, "host"))
        return !head.authority.empty() && wanted.accepts(head.authority);
    return std::any_of(head.fields.begin(), head.fields.end(), [&](const http::field& one) {
        return iequals(one.name, wanted.rule.name) && wanted.accepts(one.value);
    });
}

bool value_holds(const value_condition& wanted, std::string_view raw) {
    switch (wanted.rule.how) {
    case value_rule::kind::present:
        return true;
    case value_rule::kind::exact:
        return decodes_to(raw, wanted.rule.text);
    case value_rule::kind::regex:
        return wanted.accepts(decode(raw));
    }
    return false;
}

bool query_holds(const value_condition& wanted, const http::request_head& head) {
    query_reader pairs{head.query};
    while (const auto one = pairs.next())
        if (decodes_to(one->name, wanted.rule.name) && value_holds(wanted, one->value))
            return true;
    return false;
}

}  // namespace

value_condition::value_condition(const value_rule& from) : rule(from) {
    if (from.how == value_rule::kind::regex)
        expression = std::make_unique<pattern>(from.text);
}

bool value_condition::accepts(std::string_view decoded) const {
    switch (rule.how) {
    case value_rule::kind::present:
        return true;
    case value_rule::kind::exact:
        return decoded == rule.text;
    case value_rule::kind::regex:
        return expression->matches(decoded);
    }
    return false;
}

conditions::conditions(const rule& from)
    : methods_(from.methods), listeners_(from.listeners),
      headers_(from.headers.begin(), from.headers.end()),
      query_(from.query.begin(), from.query.end()) {}

std::size_t conditions::count(const rule& of) noexcept {
    return (of.methods.empty() ? 0 : 1) + (of.listeners.empty() ? 0 : 1) + of.headers.size() +
           of.query.size();
}

miss conditions::first_miss(const request_view& request) const {
    if (!lists(methods_, request.head.method_name))
        return {miss::kind::method};
    if (!lists(listeners_, request.listener))
        return {miss::kind::listener};
    for (std::size_t i = 0; i < headers_.size(); ++i)
        if (!header_holds(headers_[i], request.head))
            return {miss::kind::header, i};
    for (std::size_t i = 0; i < query_.size(); ++i)
        if (!query_holds(query_[i], request.head))
            return {miss::kind::query, i};
    return {};
}

}  // namespace sluice::routing
