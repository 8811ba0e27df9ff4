#!/usr/bin/env bash
# Installs the Debian 12 packages the project needs. Silent and without root when all are there.
# Usage: scripts/deps.sh [--build] [--test] [--long] [--lint] [--bench]      (none: --build)
set -euo pipefail

build_packages=(
    ccache cmake g++ git mold ninja-build pkg-config python3 ca-certificates
    libboost1.81-dev libboost-json1.81-dev libc-ares-dev libcli11-dev libfmt-dev libnghttp2-dev libre2-dev libspdlog-dev libssl-dev
    libsystemd-dev libyaml-cpp-dev prometheus-cpp-dev zlib1g-dev libcurl4-openssl-dev catch2
)
test_packages=(
    clang-19 libclang-rt-19-dev llvm-19
    apache2-bin curl dnsmasq-base haproxy libnginx-mod-stream nghttp2-client nghttp2-server nginx nodejs openssl procps slowhttptest strace systemd
    testssl.sh valgrind wrk python3-httpx python3-jsonschema python3-pytest python3-websockets python3-yaml
)
# a real systemd (scripts/systemd_test.sh), an image without Docker (scripts/container_test.sh)
long_packages=(aardvark-dns buildah iproute2 iptables mmdebstrap netavark podman podman-compose runc systemd-container)
lint_packages=(clang-19 clang-format-19 clang-tidy-19 python3 shellcheck)
bench_packages=(
    gnuplot-nox h2o haproxy libbenchmark-dev linux-perf nghttp2-client nginx openssl procps strace util-linux valgrind wrk
)

wanted=()
for group in "${@:---build}"; do
    case $group in
        --build) wanted+=("${build_packages[@]}") ;;
        --test) wanted+=("${test_packages[@]}") ;;
        --long) wanted+=("${long_packages[@]}") ;;
        --lint) wanted+=("${lint_packages[@]}") ;;
        --bench) wanted+=("${bench_packages[@]}") ;;
        *) echo "deps.sh: unknown group $group (--build, --test, --long, --lint, --bench)" >&2; exit 64 ;;
    esac
done

if ! command -v dpkg-query > /dev/null || ! grep -qs '^VERSION_ID="12"' /etc/os-release; then
    echo "deps.sh: this is not Debian 12; nothing is installed, going on with the tools found here" >&2
    for tool in cmake ninja g++; do
        command -v "$tool" > /dev/null || { echo "deps.sh: $tool is missing" >&2; exit 1; }
    done
    exit 0
fi

installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
mapfile -t missing < <(printf '%s\n' "${wanted[@]}" | sort -u | grep -vxF -f <(printf '%s\n' "$installed") || true)
if ((${#missing[@]} == 0)); then
    exit 0
fi

as_root=()
if ((EUID != 0)); then
    if ! command -v sudo > /dev/null; then
        echo "deps.sh: missing packages; run as root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

# nginx would start itself on port 80 when installed: no server is started by an installation of ours.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" > /dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi

echo "deps.sh: installing ${missing[*]}"
log=$(mktemp)
if ! { "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}"; } > "$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "deps.sh: apt-get failed, see above" >&2
    exit 1
fi
rm -f "$log"
