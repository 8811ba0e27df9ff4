#!/usr/bin/env bash
# Formats every C++ file in place with clang-format 19. Usage: scripts/format.sh [--check]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh --lint
how=(-i)
[[ ${1:-} != --check ]] || how=(--dry-run --Werror)
git ls-files -z --cached --others --exclude-standard '*.cpp' '*.hpp' |
    xargs -0 -r -n 20 -P "$(nproc)" clang-format-19 "${how[@]}"
