// SPDX-License-Identifier: Apache-2.0
// Short ways to write rules and requests in the tests of the matcher.
#pragma once

#include "routing/matcher.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sluice::routing {

inline path_rule exact(std::string text) { return {path_rule::kind::exact, std::move(text)}; }
inline path_rule prefix(std::string text) { return {path_rule::kind::prefix, std::move(text)}; }
inline path_rule regex(std::string text) { return {path_rule::kind::regex, std::move(text)}; }

/// A rule from hosts and path; conditions are set on the result.
inline rule on(std::vector<std::string> hosts, path_rule path = {}) {
    rule made;
    made.hosts = std::move(hosts);
    made.path = std::move(path);
    return made;
}

/// A request that owns nothing: the texts must outlive it.
struct request {
    http::request_head head;
    std::string_view listener = "web";

    request(std::string_view host, std::string_view path, std::string_view method = "GET") {
        head.host = host;
        head.authority = host;
        head.path = path;
        head.method_name = method;
    }
    request& with_header(std::string_view name, std::string_view value) {
        head.fields.add(http::field{name, value});
        return *this;
    }
    request& with_query(std::string_view query) {
        head.query = query;
        head.has_query = true;
        return *this;
    }
    request& via(std::string_view name) {
        listener = name;
        return *this;
    }
    operator request_view() const { return {head, listener}; }
};

}  // namespace sluice::routing
