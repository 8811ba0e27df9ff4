#!/usr/bin/env bash
# Builds the image of docker/ and runs it before two backends, as docker/compose.yaml does, where no Docker engine is:
# with buildah and podman, over a base image made by mmdebstrap. The last line says "N passed, N failed". Exit 77: they
# are not here.
# Usage: scripts/container_test.sh
set -euo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0 tag=sluice-test
run_options=(--read-only --cap-drop ALL --security-opt no-new-privileges)

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
for tool in buildah podman runc mmdebstrap ip; do command -v "$tool" > /dev/null || missing+=" $tool"; done
if ((EUID != 0)) || [[ -n $missing ]]; then
    echo "container_test.sh: not run: it needs root and buildah, podman, runc, iproute2, mmdebstrap; missing:$missing" >&2
    exit 77
fi
engine=(podman --runtime runc)
# What a container may ask for is what this shell has; podman's own wishes can be more.
run_options+=(--pull never --ulimit "nofile=$(ulimit -Hn):$(ulimit -Hn)" --ulimit nproc=4096:4096)
export BUILDAH_ISOLATION=chroot
mkdir -p build
make_base
buildah build --pull-never --build-arg BASE=localhost/sluice-base --ignorefile docker/Dockerfile.dockerignore \
    -f docker/Dockerfile -t "$tag" . > build/container.log 2>&1 || { tail -n 30 build/container.log >&2; exit 1; }

# One network namespace plays the host, so that no port of this machine is taken.
space=sluice-container-$$
ip netns add "$space"
started=()
stop() {
    ((${#started[@]} == 0)) || "${engine[@]}" rm --force "${started[@]}" > /dev/null 2>&1 || true
    ip netns del "$space" 2> /dev/null || true
}
trap stop EXIT
ip -n "$space" link set lo up

# Not ip netns exec: it hides the control groups that a container needs.
inside() { nsenter --net="/run/netns/$space" "$@"; }
start() {
    local name=$1
    shift
    started+=("$name")
    inside "${engine[@]}" run --detach --name "$name" --network host "${run_options[@]}" \
        --add-host backend-1:127.0.0.1 --add-host backend-2:127.0.0.1 "$@" > /dev/null
}
soon() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do "$@" > /dev/null 2>&1 && return 0; sleep 0.1; done
    return 1
}
asked() { inside curl -s -m 5 http://127.0.0.1:8080/hello; }
answers_by_both() { local all; all=$(for _ in 1 2 3 4 5 6 7 8; do asked; echo; done); [[ $all == *:9001* && $all == *:9002* ]]; }
in_gateway() { inside "${engine[@]}" exec "$tag-gateway" "$@"; }
writes_nothing() { ! in_gateway /bin/bash -c 'echo x > /etc/x || echo x > /usr/local/bin/x || echo x > /x' 2> /dev/null; }
is_nobody() { [[ $(in_gateway /usr/bin/id -u) == 65532 ]]; }
ends_well() {
    "${engine[@]}" stop --time 40 "$tag-gateway" > /dev/null
    [[ $("${engine[@]}" inspect --format '{{.State.ExitCode}}' "$tag-gateway") == 0 ]]
}

start "$tag-backend-1" "$tag" backend --listen 127.0.0.1:9001
start "$tag-backend-2" "$tag" backend --listen 127.0.0.1:9002
start "$tag-gateway" "$tag"
check "the gateway answers" soon asked
check "both backends answer through it" answers_by_both
check "the health check is content" soon in_gateway /usr/local/bin/healthy
check "the health check notices a port nobody answers on" eval '! in_gateway /usr/local/bin/healthy 9999 2> /dev/null'
check "it does not run as root" is_nobody
check "it can write nowhere" writes_nothing
check "it ends well when told to" ends_well
echo "$passed passed, $failed failed"
((failed == 0))
