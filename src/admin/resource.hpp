// SPDX-License-Identifier: Apache-2.0
// What a resource of the admin API is: a path, who may read it, and a function per method. Each
// stands in a file of its own under resources/, listed in resources/catalog.cpp.
#pragma once

#include "admin/access.hpp"
#include "admin/api.hpp"

#include <string>
#include <string_view>

namespace sluice::admin {

/// One call of a resource.
struct call {
    const request& from;
    control& gateway;
    std::string
        name;  ///< the decoded path segment after the resource's path; empty: none was given
};

struct resource {
    using method = answer (*)(const call&);

    std::string_view path;
    usage reading = usage::read;
    usage posting = usage::write;
    bool has_names = false;  ///< `path/NAME` is also this resource
    method get = nullptr;    ///< serves HEAD too
    method put = nullptr;
    method post = nullptr;
};

}  // namespace sluice::admin
