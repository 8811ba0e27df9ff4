#!/usr/bin/env bash
# Installs what is missing, builds release, then runs two backends and the proxy until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh --build
scripts/build.sh release --target sluice
sluice=build/release/sluice

children=()
# shellcheck disable=SC2317  # called by the traps
stop() {
    trap - EXIT
    trap '' INT TERM
    ((${#children[@]} == 0)) || kill -TERM "${children[@]}" 2> /dev/null || true
    wait
}
trap stop EXIT
trap 'echo; echo "stopping"; exit 0' INT TERM

# A terminal sends Ctrl-C to the whole group: in a session of their own the children only hear stop(), once.
setsid "$sluice" backend --listen 127.0.0.1:9001 &
children+=($!)
setsid "$sluice" backend --listen 127.0.0.1:9002 &
children+=($!)
setsid "$sluice" run --config conf/sluice.yaml &
children+=($!)

ready() {
    local answer
    { exec 3<> /dev/tcp/127.0.0.1/9901; } 2> /dev/null || return 1
    printf 'GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
    IFS= read -r -t 2 answer <&3 || answer=
    exec 3>&-
    [[ $answer == *' 200 '* ]]
}

all_alive() { kill -0 "${children[@]}" 2> /dev/null; }

for ((tries = 0; tries < 150; tries++)); do
    all_alive || { echo "run.sh: one of the three did not start, see above" >&2; exit 1; }
    ready && break
    sleep 0.1
done
ready || { echo "run.sh: the proxy is not ready after 15 s" >&2; exit 1; }

echo
echo "try:    curl -i http://127.0.0.1:8080/hello"
echo "admin:  http://127.0.0.1:9901 (/api/v1/status, /api/v1/routes, /metrics)"
echo "stop:   Ctrl-C"

wait -n || true
echo "run.sh: one of the three ended, stopping the others" >&2
exit 1
