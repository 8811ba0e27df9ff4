#!/usr/bin/env bash
# The full-size figures (1 GB through one connection, thousands of connections): the tests labelled long, on release;
# then a real systemd, an installation and the container image, where they can be had.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh --build --test --long
scripts/build.sh release
ulimit -n "$(ulimit -Hn)" # thousands of connections on both sides
status=0
ctest --test-dir build/release --output-on-failure -L long || status=1
cannot=77 # the script has said what is missing
for script in systemd_test install_test container_test; do
    "scripts/$script.sh" || [[ $? == "$cannot" ]] || status=1
done
exit "$status"
