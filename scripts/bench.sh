#!/usr/bin/env bash
# What sluice costs beside nginx, HAProxy, h2o and a bare byte relay: all in the same run, in interleaved rounds, each
# proxy with one worker on one CPU, load and origin on another. Tables go to stdout.
# Usage: scripts/bench.sh [--quick] [--only NAME[,NAME]] [--json FILE] [--rounds N] [[NAME=]BINARY...]      (--help: all)
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
"$root/scripts/deps.sh" --build --bench >&2
exec /usr/bin/python3 -B "$root/bench/harness" "$@"
