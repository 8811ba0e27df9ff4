#!/usr/bin/env bash
# Installs h2spec, as tests/process/http2/h2spec/go.mod pins it, into a cache outside the tree and prints where it is.
# Exit 77 where there is no Go, none new enough, or nowhere to get it from.
# Usage: scripts/h2spec.sh
set -euo pipefail
cd "$(dirname "$0")/../tests/process/http2/h2spec"

PATH=$PATH:/usr/local/go/bin
cache=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/sluice/h2spec
program=$cache/bin/h2spec
pinned=$cache/go.sum
if [[ -x $program ]] && cmp -s go.sum "$pinned"; then
    echo "$program"
    exit 0
fi
if ! command -v go > /dev/null; then
    echo "h2spec.sh: Go is not installed" >&2
    exit 77
fi
mkdir -p "$cache"
export GOBIN=$cache/bin GOMODCACHE=$cache/modules GOFLAGS='-mod=readonly -modcacherw' GOTOOLCHAIN=local
if ! log=$(go install github.com/summerwind/h2spec/cmd/h2spec 2>&1); then
    echo "$log" >&2
    [[ ! $log =~ "requires go >="|"dial tcp"|"i/o timeout"|"no such host" ]] || exit 77
    exit 1
fi
cp go.sum "$pinned"
echo "$program"
