#!/usr/bin/env bash
# Configures and builds one preset (CMakePresets.json). The release binary lands at build/release/sluice.
# Usage: scripts/build.sh [release|dev|thread|fuzz|bench] [cmake --build arguments...]
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
shift || true

# ccache keeps its objects outside the tree; where there is no home to write to, under /var/tmp.
if [[ ! -w ${HOME:-/nonexistent} ]]; then
    export CCACHE_DIR=${CCACHE_DIR:-/var/tmp/sluice-ccache-$UID}
fi
log=build/$preset.configure.log
mkdir -p build
if ! cmake --preset "$preset" > "$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
exec cmake --build --preset "$preset" "$@"
