#!/usr/bin/env bash
# Writes the outputs in docs/examples/ anew from a real run of docs/examples/sluice.yaml: requests and their answers, the
# access log in both formats, /metrics, every admin answer, and what check and explain say.
# Runs in a network namespace of its own, so the ports of the file are free whatever else the machine does.
# Usage: scripts/examples.sh [BINARY]      (default: build/release/sluice)
set -euo pipefail
cd "$(dirname "$0")/.."

sluice=$(realpath "${1:-build/release/sluice}")
[[ -x $sluice ]] || { echo "examples.sh: no $sluice, run scripts/build.sh first" >&2; exit 1; }
if [[ -z ${SLUICE_EXAMPLES_INSIDE:-} ]]; then
    SLUICE_EXAMPLES_INSIDE=1 PYTHONPATH=tests/process exec /usr/bin/python3 -B - "$0" "$sluice" << 'PYTHON'
import os, sys
import isolation
if not isolation.enter():
    sys.exit("examples.sh: this kernel gives us no network namespace")
os.execv("/bin/bash", ["bash", *sys.argv[1:]])
PYTHON
fi

folder=docs/examples
work=$(mktemp -d)
children=()
stop() {
    ((${#children[@]} == 0)) || kill -KILL "${children[@]}" 2> /dev/null || true
    rm -rf "$work"
}
trap stop EXIT

wait_for() { # URL
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        curl -s -o /dev/null --max-time 1 "$1" && return
        sleep 0.05
    done
    echo "examples.sh: nothing answers at $1" >&2
    exit 1
}
start_proxy() { # CONFIG LOG
    PATH=$work:$PATH sluice run --config "$1" 2> "$2" &
    proxy=$!
    children+=("$proxy")
    wait_for http://127.0.0.1:9901/readyz
}
stop_proxy() {
    kill -TERM "$proxy"
    wait "$proxy"
}
show() { # COMMAND: the command line, then what it prints
    printf '$ %s\n' "$1"
    PATH=$work:$PATH bash -c "$1" 2>&1 | tr -d '\r' || true
    printf '\n\n'
}

requests() {
    local shop='-H "Host: shop.example.com"'
    show "curl -si $shop 'http://127.0.0.1:8080/orders/17?full=1'"
    show "curl -s $shop -d 'item=7' http://127.0.0.1:8080/orders"
    show "curl -s $shop http://127.0.0.1:8080/"
    show "curl -s $shop http://127.0.0.1:8080/about"
    show "curl -s -H 'X-Forwarded-For: 198.51.100.7' -H 'X-Request-Id: from-the-edge' http://127.0.0.1:8081/status/204 -o /dev/null -w '%{http_code}'"
    show "curl -sN $shop 'http://127.0.0.1:8080/orders/sse/2'"
    show "curl -si http://127.0.0.1:8080/orders"
    show "curl -s $shop http://127.0.0.1:8080/orders/slow/6000"
    show "curl -sS --max-time 0.3 $shop http://127.0.0.1:8080/orders/slow/3000"
    show "curl -s -o /dev/null -w '%{http_code}' --max-time 0.5 $shop -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: c2x1aWNlLXNsdWljZS0xNg==' http://127.0.0.1:8080/orders/ws"
    show "curl -si $shop -H 'Content-Length: 1' -H 'Content-Length: 2' http://127.0.0.1:8080/orders"
}

admin_answers() {
    local api=http://127.0.0.1:9901 what
    for what in healthz readyz; do show "curl -s $api/$what"; done
    for what in status listeners services services/pages routes config; do
        show "curl -s $api/api/v1/$what | python3 -m json.tool"
    done
    show "curl -s $api/api/v1/log-level"
    show "curl -s -X PUT -H 'Authorization: Bearer example' -d '{\"level\":\"debug\"}' $api/api/v1/log-level"
    show "curl -s -X POST -H 'Authorization: Bearer example' $api/api/v1/reload"
    show "curl -s -d '{\"url\":\"http://shop.example.com:8080/orders/17\"}' $api/api/v1/explain | python3 -m json.tool"
    printf '# errors\n\n'
    show "curl -si -X PUT -d '{\"level\":\"debug\"}' $api/api/v1/log-level"
    show "curl -s $api/api/v1/services/payments"
    show "curl -s $api/api/v1/nodes"
    show "curl -si -X DELETE $api/api/v1/status"
    show "curl -s -H 'Host: evil.example' $api/api/v1/status"
}

ln -s "$sluice" "$work/sluice"
for port in 9001 9002 9003; do
    "$sluice" backend --listen 127.0.0.1:$port > /dev/null 2>&1 &
    children+=($!)
    disown # its end is ours to cause, not the shell's to report
    wait_for http://127.0.0.1:$port/
done

rm -f "$folder/access_log.jsonl"
start_proxy $folder/sluice.yaml $folder/log.txt
requests > $folder/requests.txt
sleep 1.2 # the client that left is believed to be gone after a second
curl -s http://127.0.0.1:9901/metrics > $folder/metrics.txt
admin_answers > $folder/admin.txt
stop_proxy

sed -e "s|path: access_log.jsonl|path: $PWD/$folder/access_log.txt|" -e 's/format: json/format: text/' $folder/sluice.yaml > "$work/text.yaml"
rm -f "$folder/access_log.txt"
start_proxy "$work/text.yaml" /dev/null
requests > /dev/null
sleep 1.2
stop_proxy

{
    show "sluice check --config $folder/sluice.yaml"
    show "sluice check --config $folder/broken.yaml; echo \"exit \$?\""
} > $folder/check.txt
{
    explain="sluice explain --config $folder/sluice.yaml"
    show "$explain 'http://shop.example.com:8080/orders/17?full=1'"
    show "$explain -X DELETE http://shop.example.com:8080/orders/17"
    show "$explain http://shop.exmaple.com:8080/order; echo \"exit \$?\""
} > $folder/explain.txt
"$sluice" explain --config $folder/sluice.yaml --format json 'http://shop.example.com:8080/orders/17?full=1' |
    python3 -m json.tool > $folder/explain.json
"$sluice" check --format json --config $folder/broken.yaml | python3 -m json.tool > $folder/check.json || true
