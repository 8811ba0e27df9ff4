#!/usr/bin/env bash
# What TLS towards clients costs: sluice beside nginx, in the same run, interleaved. A kept-alive small GET over TLS
# 1.3, a GET with a full handshake of its own, and the memory of an idle connection. Proxies on CPU 0, the rest on CPU 1.
# Usage: scripts/measure_tls.sh [BINARY...]     (default build/release/sluice)
# Environment: ROUNDS=5 SECONDS_EACH=3 CONNECTIONS=64 IDLE=2000
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-5} length=${SECONDS_EACH:-3} connections=${CONNECTIONS:-64} idle=${IDLE:-2000}
binaries=("${@:-build/release/sluice}")
scripts/deps.sh --build --bench
ulimit -n "$(ulimit -Hn)"

work=$(mktemp -d)
chmod 755 "$work"
declare -A pid port kept fresh
children=()
stop() {
    ((${#children[@]} == 0)) || kill -KILL "${children[@]}" 2> /dev/null || true
    rm -rf "$work"
}
trap stop EXIT

origin_port=19200
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=site.test \
    -addext subjectAltName=DNS:site.test -keyout "$work/key" -out "$work/pem" 2> /dev/null

start() { # NAME CPU COMMAND...
    local name=$1 on=$2 tries
    shift 2
    setsid taskset -c "$on" "$@" > "$work/$name.log" 2>&1 &
    pid[$name]=$!
    children+=($!)
    disown
    for ((tries = 0; tries < 100; tries++)); do
        (exec 3<> "/dev/tcp/127.0.0.1/${port[$name]}") 2> /dev/null && return
        sleep 0.05
    done
    cat "$work/$name.log" >&2
    exit 1
}

start_nginx() { # NAME CPU, the server block
    mkdir -p "$work/$1"
    local temps='' kind
    for kind in client_body proxy fastcgi uwsgi scgi; do temps+="${kind}_temp_path $work/$1/$kind; "; done
    cat > "$work/$1.conf" << CONF
daemon off; master_process off; pid $work/$1.pid; error_log stderr crit;
events { worker_connections 65536; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 300s; $temps
$3 }
CONF
    start "$1" "$2" nginx -e stderr -c "$work/$1.conf" -p "$work"
}

start_sluice() { # NAME BINARY
    cat > "$work/$1.yaml" << CONF
workers: 1
listeners:
  - name: web
    address: "127.0.0.1:${port[$1]}"
    tls: {certificates: [{certificate: $work/pem, key: $work/key}]}
services: [{name: origin, url: "127.0.0.1:$origin_port"}]
routes: [{name: all, match: {path: {prefix: /}}, service: origin}]
admin: {address: "127.0.0.1:0"}
access_log: {path: off}
timeouts: {client_idle: 300s}
CONF
    start "$1" 0 "$2" run --config "$work/$1.yaml"
}

cpu_ns() { cat "/proc/${pid[$1]}"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
load() { # NAME SECONDS [wrk options]: requests served
    local name=$1 seconds=$2
    shift 2
    taskset -c 1 wrk -t1 -c"$connections" -d"${seconds}s" "$@" "https://127.0.0.1:${port[$name]}/" > "$work/wrk" 2>&1
    if grep -E 'Non-2xx' "$work/wrk" >&2; then exit 1; fi
    awk '/requests in/ { print $1 }' "$work/wrk"
}
cost() { # NAME [wrk options]: CPU microseconds a request
    local before served
    before=$(cpu_ns "$1")
    served=$(load "$1" "$length" "${@:2}")
    awk -v a="$(($(cpu_ns "$1") - before))" -v b="$served" 'BEGIN { printf "%.1f", a / b / 1000 }'
}
median() { printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
range() { printf '%s\n' "$@" | sort -g | awk 'NR == 1 { low = $1 } END { print low "-" $1 }'; }

idle_memory() { # NAME: KiB of PSS for each idle connection that had a request
    /usr/bin/python3 - "${port[$1]}" "${pid[$1]}" "$idle" << 'PYTHON'
import re, socket, ssl, sys
port, pid, count = map(int, sys.argv[1:])
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
def one():
    link = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
    link.sendall(b"GET / HTTP/1.1\r\nHost: site.test\r\n\r\n")
    assert link.recv(4096).startswith(b"HTTP/1.1 200")
    return link
def pss():
    return int(re.search(r"^Pss:\s+(\d+)", open(f"/proc/{pid}/smaps_rollup").read(), re.M)[1])
links = [one() for _ in range(200)]
before = pss()
links += [one() for _ in range(count)]
print(f"{(pss() - before) / count:.1f}")
PYTHON
}

port[origin]=$origin_port
start_nginx origin 1 "server { listen 127.0.0.1:$origin_port backlog=4096; location / { return 200 \"hello\\n\"; } }"
names=(nginx) next=$((origin_port + 1))
port[nginx]=$((next++))
start_nginx nginx 0 "upstream origin { server 127.0.0.1:$origin_port; keepalive 512; }
    server { listen 127.0.0.1:${port[nginx]} ssl backlog=4096; ssl_certificate $work/pem; ssl_certificate_key $work/key;
    ssl_protocols TLSv1.2 TLSv1.3; location / { proxy_pass http://origin; proxy_http_version 1.1;
    proxy_set_header Connection ''; proxy_set_header Host \$http_host;
    proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for; } }"
for binary in "${binaries[@]}"; do
    name=sluice$next
    names+=("$name")
    port[$name]=$((next++))
    start_sluice "$name" "$binary"
done
for name in "${names[@]}"; do load "$name" 1 > /dev/null; done

for ((round = 0; round < rounds; round++)); do
    for name in "${names[@]}"; do
        kept[$name]+=" $(cost "$name")"
        fresh[$name]+=" $(cost "$name" -H 'Connection: close')"
    done
done
printf '%d connections, %d rounds of %d s; CPU in microseconds, medians and ranges\n\n' "$connections" "$rounds" "$length"
printf '| proxy | kept-alive GET | range | GET with a full handshake | range | KiB an idle connection |\n|---|---|---|---|---|---|\n'
for i in "${!names[@]}"; do
    name=${names[i]}
    read -ra a <<< "${kept[$name]}"
    read -ra b <<< "${fresh[$name]}"
    printf '| %s | %s | %s | %s | %s | %s |\n' "$( ((i == 0)) && echo nginx || echo "${binaries[i - 1]}")" \
        "$(median "${a[@]}")" "$(range "${a[@]}")" "$(median "${b[@]}")" "$(range "${b[@]}")" "$(idle_memory "$name")"
done
