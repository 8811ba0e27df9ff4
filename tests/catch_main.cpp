// SPDX-License-Identifier: Apache-2.0
// Catch2's main(), compiled once: it takes longer than any test of ours.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
