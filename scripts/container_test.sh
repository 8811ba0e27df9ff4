#!/usr/bin/env bash
# Builds the image of docker/ and brings docker/compose.yaml up with it, where no Docker engine is: with buildah, podman
# and podman-compose, over a base image made by mmdebstrap. The last line says "N passed, N failed". Exit 77: they are
# not here.
# Usage: scripts/container_test.sh
set -euo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0 tag=sluice-test project=sluice-test-$$

check() {
    local what=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "failed: $what" >&2; fi
}

make_base() {
    local room
    room=$(mktemp -d)
    mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$room/root" 2> "$room/log" ||
        { tail -n 5 "$room/log" >&2; rm -rf "$room"; return 1; }
    local from
    from=$(buildah from scratch 2> /dev/null)
    buildah add --quiet "$from" "$room/root" / > /dev/null 2>&1
    buildah commit --quiet "$from" localhost/sluice-base > /dev/null 2>&1
    buildah rm "$from" > /dev/null 2>&1
    rm -rf "$room"
}

missing=
for tool in buildah podman podman-compose runc mmdebstrap ip iptables; do
    command -v "$tool" > /dev/null || missing+=" $tool"
done
for tool in netavark aardvark-dns; do [[ -x /usr/lib/podman/$tool ]] || missing+=" $tool"; done
if ((EUID != 0)) || [[ -n $missing ]]; then
    echo "container_test.sh: not run: it needs root and buildah, podman, podman-compose, runc, netavark, aardvark-dns," \
        "iproute2, iptables, mmdebstrap; missing:$missing" >&2
    exit 77
fi
export BUILDAH_ISOLATION=chroot
mkdir -p build
make_base
buildah build --pull-never --build-arg BASE=localhost/sluice-base --ignorefile docker/Dockerfile.dockerignore \
    -f docker/Dockerfile -t "$tag" . > build/container.log 2>&1 || { tail -n 30 build/container.log >&2; exit 1; }

# One network namespace plays the host, so that no port of this machine is taken.
space=sluice-container-$$
work=$(mktemp -d)
stop() {
    inside podman-compose "${files[@]}" down > /dev/null 2>&1 || true
    inside podman network rm --force "${project}_default" > /dev/null 2>&1 || true
    ip netns del "$space" 2> /dev/null || true
    rm -rf "$work"
}
# Not ip netns exec: it hides the control groups that a container needs.
inside() { nsenter --net="/run/netns/$space" "$@"; }
# compose.yaml as it is, but for the name of the image. What a container may ask for is what this shell has; podman's own
# wishes can be more.
cat > "$work/image.yaml" << YAML
services: {gateway: {image: $tag}, backend-1: {image: $tag}, backend-2: {image: $tag}}
YAML
cat > "$work/containers.conf" << CONF
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=4096:4096"]
[engine]
runtime = "runc"
[network]
network_backend = "netavark"
network_config_dir = "$work/networks"
CONF
export CONTAINERS_CONF=$work/containers.conf
files=(--project-name "$project" -f docker/compose.yaml -f "$work/image.yaml")
ip netns add "$space"
trap stop EXIT
ip -n "$space" link set lo up

soon() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do "$@" > /dev/null 2>&1 && return 0; sleep 0.1; done
    return 1
}
asked() { inside curl -sf -m 5 http://127.0.0.1:8080/hello; }
answers_by_both() { local all; all=$(for _ in 1 2 3 4 5 6 7 8; do asked; echo; done); [[ $all == *:9001* && $all == *:9002* ]]; }
in_gateway() { inside podman exec "${project}_gateway_1" "$@"; }
writes_nothing() { ! in_gateway /bin/bash -c 'echo x > /etc/x || echo x > /usr/local/bin/x || echo x > /x' 2> /dev/null; }
is_nobody() { [[ $(in_gateway /usr/bin/id -u) == 65532 ]]; }
has_no_rights() { in_gateway /bin/grep -qx $'CapBnd:\t0000000000000000' /proc/1/status; }
mounts_its_file() { [[ $(in_gateway /bin/cat /etc/sluice/sluice.yaml) == "$(cat docker/sluice.yaml)" ]]; }
finds_another() {
    inside podman stop --time 10 "${project}_backend-1_1" > /dev/null
    soon asked && asked | grep -q :9002
}
ends_well() {
    inside podman stop --time 40 "${project}_gateway_1" > /dev/null
    [[ $(inside podman inspect --format '{{.State.ExitCode}}' "${project}_gateway_1") == 0 ]]
}

inside podman-compose "${files[@]}" up --no-build --detach > build/compose.log 2>&1 ||
    { tail -n 30 build/compose.log >&2; exit 1; }
check "the gateway answers at the port of compose.yaml" soon asked
check "both backends answer through it, found by their names" answers_by_both
check "the file beside compose.yaml is its configuration" mounts_its_file
check "the health check is content" soon in_gateway /usr/local/bin/healthy
check "the health check notices a port nobody answers on" eval '! in_gateway /usr/local/bin/healthy 9999 2> /dev/null'
check "it does not run as root" is_nobody
check "it has no capability" has_no_rights
check "it can write nowhere" writes_nothing
check "without one backend the other answers" finds_another
check "it ends well when told to" ends_well
echo "$passed passed, $failed failed"
((failed == 0))
