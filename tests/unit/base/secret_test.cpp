// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/secret.hpp"

#include <catch2/catch.hpp>

using sluice::secret;

TEST_CASE("a secret matches only its own text") {
    const secret token{"s3cr3t"};
    CHECK(token.matches("s3cr3t"));
    CHECK_FALSE(token.matches("s3cr3"));
    CHECK_FALSE(token.matches(""));
    CHECK(secret{}.matches(""));
}
