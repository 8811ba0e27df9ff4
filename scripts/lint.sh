#!/usr/bin/env bash
# What a reviewer should not have to say: layers, catalogs, shell, format, self-contained headers, clang-tidy.
# Usage: scripts/lint.sh [FILE.cpp...]      (files: clang-tidy only those)
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh --build --lint
cmake --preset release > /dev/null

failed=0
step() {
    echo "== $*"
    "$@" || failed=1
}

step scripts/check_layers.py
if [[ -e scripts/check_catalogs.py ]]; then
    step scripts/check_catalogs.py
fi
step shellcheck scripts/*.sh .ci/run
step scripts/format.sh --check
step scripts/check_headers.py

files=("$@")
if ((${#files[@]} == 0)); then
    mapfile -t files < <(git ls-files 'src/*.cpp')
fi
# The release build's flags are GCC's; clang need not know every warning named there.
step xargs -a <(printf '%s\n' "${files[@]}") -r -n 1 -P "$(nproc)" \
    clang-tidy-19 --quiet -p build/release --extra-arg=-Wno-unknown-warning-option
exit "$failed"
