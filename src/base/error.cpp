// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace sluice {

void throw_exception_from_error(const failure& why, const boost::source_location& where) {
    std::fprintf(stderr, "sluice: value() of a failed outcome (%.*s) at %s:%u\n",
                 static_cast<int>(why.stage.size()), why.stage.data(), where.file_name(),
                 static_cast<unsigned>(where.line()));
    std::abort();
}

}  // namespace sluice
