#!/usr/bin/env bash
# Writes docs/configuration.md anew: what the binary says of every key it knows.
# Usage: scripts/reference.sh [BINARY]      (default: build/release/sluice)
set -euo pipefail
cd "$(dirname "$0")/.."

sluice=${1:-build/release/sluice}
[[ -x $sluice ]] || { echo "reference.sh: no $sluice, run scripts/build.sh first" >&2; exit 1; }
page=$(mktemp)
trap 'rm -f "$page"' EXIT
"$sluice" schema --format markdown > "$page"
cat "$page" > docs/configuration.md
