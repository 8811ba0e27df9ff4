#!/usr/bin/env bash
# What a kept-alive small GET costs: sluice beside nginx and a bare byte relay, in the same run, interleaved.
# The proxies share CPU 0, the load and the origin CPU 1. Prints medians of all rounds and ratios.
# Usage: scripts/measure.sh [BINARY...]     (several sluice binaries are compared; default build/release/sluice)
# Environment: ROUNDS=5 SECONDS_EACH=4 CONNECTIONS=64; NODE_TLS=1: the proxies speak verified TLS 1.3 to the origin, the
# relay stays plain.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-5} length=${SECONDS_EACH:-4} connections=${CONNECTIONS:-64}
binaries=("${@:-build/release/sluice}")
scripts/deps.sh --build --bench
(($(nproc) >= 2)) || { echo "measure.sh: needs two CPUs" >&2; exit 1; }

work=$(mktemp -d)
declare -A pid port wall cpu
children=()
stop() {
    ((${#children[@]} == 0)) || kill -KILL "${children[@]}" 2> /dev/null || true
    rm -rf "$work"
}
trap stop EXIT

mkdir -p build/floor
g++ -std=c++20 -O2 -Wall -Wextra bench/floor/relay.cpp -o build/floor/relay
g++ -std=c++20 -O2 -Wall -Wextra -shared -fPIC bench/floor/count_alloc.cpp -o build/floor/count_alloc.so

origin_port=19100
secure_port=19099
next_port=19101
node_scheme=http node_port=$origin_port nginx_tls='' sluice_tls='{mode: disabled}' secure_server=''
if [[ ${NODE_TLS:-} ]]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=node.test \
        -addext subjectAltName=DNS:node.test -keyout "$work/node.key" -out "$work/node.pem" 2> /dev/null
    node_scheme=https node_port=$secure_port
    nginx_tls="proxy_ssl_verify on; proxy_ssl_trusted_certificate $work/node.pem; proxy_ssl_name node.test; proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.3;"
    sluice_tls="{mode: tls, ca: $work/node.pem, server_name: node.test}"
    secure_server="server { listen 127.0.0.1:$secure_port ssl backlog=4096; ssl_certificate $work/node.pem; ssl_certificate_key $work/node.key; ssl_protocols TLSv1.3; location / { return 200 \"hello from the origin\\n\"; } }"
fi

nginx_conf() { # NAME, the server block
    mkdir -p "$work/$1"
    local temps='' kind
    for kind in client_body proxy fastcgi uwsgi scgi; do
        temps+="${kind}_temp_path $work/$1/$kind; "
    done
    cat > "$work/$1.conf" << CONF
daemon off; master_process off; pid $work/$1.pid; error_log stderr crit;
events { worker_connections 8192; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 300s; $temps
$2 }
CONF
}

start() { # NAME CPU COMMAND...: its port answers when this returns
    local name=$1 on=$2
    shift 2
    setsid taskset -c "$on" "$@" > "$work/$name.log" 2>&1 &
    pid[$name]=$!
    children+=($!)
    disown # its end is ours to cause, not the shell's to report
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        (exec 3<> "/dev/tcp/127.0.0.1/${port[$name]}") 2> /dev/null && return
        sleep 0.05
    done
    cat "$work/$name.log" >&2
    echo "measure.sh: $name did not start" >&2
    exit 1
}

start_origin() {
    port[origin]=$origin_port
    nginx_conf origin "server { listen 127.0.0.1:$origin_port backlog=4096; location / { return 200 \"hello from the origin\\n\"; } } $secure_server"
    start origin 1 nginx -e stderr -c "$work/origin.conf" -p "$work"
}

start_proxy() { # NAME KIND [COMMAND PREFIX...]
    local name=$1 kind=$2
    shift 2
    port[$name]=$((next_port++))
    case $kind in
        relay) start "$name" 0 "$@" build/floor/relay "${port[$name]}" $origin_port ;;
        nginx)
            nginx_conf "$name" "upstream origin { server 127.0.0.1:$node_port; keepalive 512; }
                server { listen 127.0.0.1:${port[$name]} backlog=4096; location / { proxy_pass $node_scheme://origin; $nginx_tls
                proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Host \$http_host;
                proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for; } }"
            start "$name" 0 "$@" nginx -e stderr -c "$work/$name.conf" -p "$work" ;;
        *)
            cat > "$work/$name.yaml" << CONF
workers: 1
listeners: [{name: web, address: "127.0.0.1:${port[$name]}"}]
services: [{name: origin, source: fixed, url: "127.0.0.1:$node_port", tls: $sluice_tls}]
routes: [{name: all, match: {path: {prefix: /}}, service: origin}]
admin: {address: "127.0.0.1:0"}
access_log: {path: off}
CONF
            start "$name" 0 "$@" "$kind" run --config "$work/$name.yaml" ;;
    esac
}

cpu_ns() { cat "/proc/${pid[$1]}"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
load() { # NAME SECONDS: requests served
    taskset -c 1 wrk -t1 -c"$connections" -d"$2s" "http://127.0.0.1:${port[$1]}/" > "$work/wrk" 2>&1
    if grep -E 'Socket errors|Non-2xx' "$work/wrk" >&2; then
        echo "measure.sh: $1 answered wrongly" >&2
        exit 1
    fi
    awk '/requests in/ { print $1 }' "$work/wrk"
}
per() { awk -v a="$1" -v b="$2" -v digits="$3" 'BEGIN { printf "%." digits "f", (b > 0 ? a / b : 0) }'; }
median() { printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
range() { printf '%s\n' "$@" | sort -g | awk 'NR == 1 { low = $1 } END { print low "-" $1 }'; }

instructions() { # NAME: user instructions a request, where the machine counts them
    perf stat -x, -e instructions:u -p "${pid[$1]}" -o "$work/perf" -- sleep 2.5 > /dev/null 2>&1 &
    local counting=$! served
    served=$(load "$1" 2)
    wait "$counting" || true
    local counted
    counted=$(awk -F, '/instructions/ { print $1 }' "$work/perf" 2> /dev/null || true)
    if [[ $counted =~ ^[0-9]+$ ]]; then per "$counted" "$served" 0; else echo n/a; fi
}

system_calls() { # NAME: "calls errors" a request
    strace -f -c -o "$work/strace" -p "${pid[$1]}" > /dev/null 2>&1 &
    local tracing=$! served
    sleep 0.5
    served=$(load "$1" 2)
    kill -INT "$tracing"
    wait "$tracing" || true
    awk -v n="$served" '/ total$/ { printf "%.2f %.2f", $4 / n, (NF > 5 ? $5 : 0) / n; found = 1 }
        END { if (!found) print "n/a n/a" }' <(sed 's/^ *//' "$work/strace" | awk '{ $1 = $1; print }')
}

allocations() { # NAME KIND: allocations a request, in an instance of its own
    export COUNT_ALLOC_FILE=$work/$1.count
    start_proxy "$1.counted" "$2" env LD_PRELOAD="$PWD/build/floor/count_alloc.so"
    load "$1.counted" 1 > /dev/null
    local before served after
    before=$(od -An -t u8 -N 8 "$COUNT_ALLOC_FILE")
    served=$(load "$1.counted" 2)
    after=$(od -An -t u8 -N 8 "$COUNT_ALLOC_FILE")
    kill -KILL "${pid[$1.counted]}" # this function runs in a subshell: stop() does not know the process
    while kill -0 "${pid[$1.counted]}" 2> /dev/null; do sleep 0.05; done # the next one takes the same port
    unset COUNT_ALLOC_FILE
    per $((after - before)) "$served" 2
}

start_origin
names=(nginx relay) kinds=(nginx relay)
for binary in "${binaries[@]}"; do
    [[ -x $binary ]] || { echo "measure.sh: no $binary, measuring without it" >&2; continue; }
    names+=("$binary")
    kinds+=("$(realpath "$binary")")
done
# Files are called by number: a binary's name is a path.
for i in "${!names[@]}"; do start_proxy "p$i" "${kinds[i]}"; load "p$i" 1 > /dev/null; done

for ((round = 0; round < rounds; round++)); do
    for i in "${!names[@]}"; do
        before=$(cpu_ns "p$i")
        served=$(load "p$i" "$length")
        cpu[$i]+=" $(per $(($(cpu_ns "p$i") - before)) $((served * 1000)) 2)"
        wall[$i]+=" $(per "$served" "$length" 0)"
    done
done

read -ra one <<< "${cpu[0]}"; nginx_cpu=$(median "${one[@]}")
read -ra one <<< "${cpu[1]}"; relay_cpu=$(median "${one[@]}")
printf '%d connections, %d rounds of %d s, medians; CPU in microseconds a request\n\n' "$connections" "$rounds" "$length"
printf '| proxy | CPU | range | to nginx | to relay | user instructions | system calls | of these failed | allocations | requests/s |\n'
printf '|---|---|---|---|---|---|---|---|---|---|\n'
for i in "${!names[@]}"; do
    read -ra one <<< "${cpu[$i]}"
    read -ra speed <<< "${wall[$i]}"
    mine=$(median "${one[@]}")
    read -r calls errors <<< "$(system_calls "p$i")"
    printf '| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "${names[i]}" "$mine" "$(range "${one[@]}")" \
        "$(per "$mine" "$nginx_cpu" 2)" "$(per "$mine" "$relay_cpu" 2)" "$(instructions "p$i")" "$calls" "$errors" \
        "$(allocations "p$i" "${kinds[i]}")" "$(median "${speed[@]}")"
done
