#!/usr/bin/env bash
# The full-size figures (1 GB through one connection, thousands of connections): the tests labelled long, on release.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh --build --test
scripts/build.sh release
ulimit -n "$(ulimit -Hn)" # thousands of connections on both sides
exec ctest --test-dir build/release --output-on-failure -L long
