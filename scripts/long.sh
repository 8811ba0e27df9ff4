#!/usr/bin/env bash
# The full-size figures (1 GB through one connection, thousands of connections): the tests labelled long, on release;
# then a real systemd, where one can be booted.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh --build --test --long
scripts/build.sh release
ulimit -n "$(ulimit -Hn)" # thousands of connections on both sides
status=0
ctest --test-dir build/release --output-on-failure -L long || status=1
cannot=77 # systemd_test.sh has said what is missing
scripts/systemd_test.sh || [[ $? == "$cannot" ]] || status=1
exit "$status"
