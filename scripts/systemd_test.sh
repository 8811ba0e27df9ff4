#!/usr/bin/env bash
# Boots a Debian 12 with its own systemd in a container and runs tests/systemd/inside.py in it: sluice as the service of
# conf/, started, reloaded, stuck, restarted, stopped for real. Takes the release build, or the binary it is given.
# Needs root, mmdebstrap and systemd-nspawn; the root file system is kept in build/systemd. The last line says how many
# passed. Exit 77: this place cannot boot one, and the line says what is missing.
# Usage: scripts/systemd_test.sh [BINARY]
set -euo pipefail
cd "$(dirname "$0")/.."

binary=$(realpath "${1:-build/release/sluice}")
folder=$PWD/build/systemd
root=$folder/root

cannot() {
    echo "systemd_test.sh: not run: $1" >&2
    exit 77
}
((EUID == 0)) || cannot "root is needed"
for tool in mmdebstrap systemd-nspawn; do
    command -v "$tool" > /dev/null || cannot "$tool is missing (scripts/deps.sh --long)"
done
[[ -x $binary ]] || cannot "there is no $binary (scripts/build.sh release)"

# The Debian packages of the libraries the binary loads.
mapfile -t libraries < <(ldd "$binary" | sed -n 's/.*=> \([^ ]*\) .*/\1/p' | xargs -n1 basename |
    xargs -I{} dpkg -S '*-linux-gnu/{}' | sed 's/:.*//' | sort -u)
packages=$(IFS=,; echo "systemd,systemd-sysv,dbus,curl,procps,iproute2,python3,${libraries[*]}")

mkdir -p "$folder"
if [[ $(cat "$folder/packages" 2> /dev/null) != "$packages" ]]; then
    rm -rf "$root" "$folder/packages"
    mmdebstrap --quiet --variant=minbase --include="$packages" bookworm "$root" > "$folder/debootstrap.log" 2>&1 ||
        cannot "mmdebstrap failed: $(tail -n 1 "$folder/debootstrap.log")"
    echo "$packages" > "$folder/packages"
fi

# A run has a copy of its own: it changes units, users and files.
run=$folder/run
rm -rf "$run"
mkdir -p "$run/out"
cp -a --reflink=auto "$root" "$run/root"
trap 'rm -rf "$run/root"' EXIT
install -m 755 "$binary" "$run/root/usr/local/bin/sluice"
install -m 644 conf/sluice.service conf/sluice.socket "$run/root/etc/systemd/system/"
install -m 755 tests/systemd/inside.py "$run/root/usr/local/bin/sluice-test"
cat > "$run/root/etc/systemd/system/sluice-test.service" << 'UNIT'
[Unit]
Description=the test
After=multi-user.target
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -u /usr/local/bin/sluice-test
StandardOutput=file:/out/result
StandardError=inherit
ExecStopPost=/bin/sh -c 'journalctl --no-pager > /out/journal'
TimeoutStartSec=400s
UNIT
mkdir -p "$run/root/etc/systemd/system/default.target.wants"
ln -sf ../sluice-test.service "$run/root/etc/systemd/system/default.target.wants/sluice-test.service"

timeout 500 systemd-nspawn --quiet --register=no --keep-unit --boot --private-network --directory="$run/root" \
    --bind="$run/out:/out" > "$run/boot.log" 2>&1 < /dev/null || true
if [[ ! -s $run/out/result ]]; then
    tail -n 20 "$run/boot.log" >&2
    cannot "no systemd came up in systemd-nspawn, see above"
fi
cat "$run/out/result"
if ! tail -n 1 "$run/out/result" | grep -q '^[0-9]* passed, 0 failed$'; then
    echo "systemd_test.sh: the journal is in $run/out/journal" >&2
    exit 1
fi
