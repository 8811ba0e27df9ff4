#!/usr/bin/env bash
# As a new user would, on a Debian 12 with nothing but the libraries: install, edit, start, reload, install again over
# the edited file, uninstall; nothing but what was edited stays. Takes the release build.
# Needs root and mmdebstrap; the root file system is that of scripts/systemd_test.sh. The last line says "N passed, N
# failed". Exit 77: something is missing here.
# Usage: scripts/install_test.sh
set -euo pipefail
cd "$(dirname "$0")/.."

base=build/systemd/root
if ((EUID != 0)) || [[ ! -x build/release/sluice ]] || [[ ! -d $base ]]; then
    echo "install_test.sh: not run: it needs root, build/release/sluice, and $base from scripts/systemd_test.sh" >&2
    exit 77
fi
room=$(mktemp -d)
trap 'umount -l "$room/root/proc" 2> /dev/null || true; rm -rf "$room"' EXIT
cp -a --reflink=auto "$base" "$room/root"
mount -t proc proc "$room/root/proc"
mkdir -p "$room/root/src/build/release"
cp -r scripts conf docs "$room/root/src/"
cp build/release/sluice "$room/root/src/build/release/"

passed=0 failed=0
inside() { chroot "$room/root" /usr/bin/env -C /src PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/bin:/usr/sbin:/sbin "$@"; }
check() {
    local what=$1
    shift
    if "$@" > "$room/said" 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "failed: $what" >&2; cat "$room/said" >&2; fi
}
listing() { (cd "$room/root" && find etc usr var opt ! -path 'etc/*-' ! -path 'etc/sub*' | sort); }
accounts() { cat "$room/root/etc/passwd" "$room/root/etc/group"; }

listing > "$room/before"
accounts > "$room/accounts"
check "it installs" inside scripts/install.sh
check "the user is there" grep -q '^sluice:' "$room/root/etc/passwd"
check "what is installed is good" inside sluice check
check "the page is where man looks" test -s "$room/root/usr/local/share/man/man1/sluice.1"
check "again is no trouble" inside scripts/install.sh

sed -i 's/0.0.0.0:8080/127.0.0.1:18431/; s|path: /var/log/sluice/access.log.*|path: off|' "$room/root/etc/sluice/sluice.yaml"
check "an edited configuration is good" inside sluice check
# shellcheck disable=SC2016  # for the shell inside
check "it runs, reloads and stops" inside bash -ec '
    sluice run 2> /tmp/said & pid=$!
    trap "kill $pid 2> /dev/null || true; cat /tmp/said; rm -f /tmp/said" EXIT
    said() { for try in {1..50}; do ! grep -q "$1" /tmp/said || return 0; sleep 0.1; done; return 1; }
    said "admin API on"
    sed -i "s/name: app$/name: app  # edited/" /etc/sluice/sluice.yaml
    kill -HUP $pid
    said "reloaded: generation 2"
    kill $pid
    wait $pid'
cp "$room/root/etc/sluice/sluice.yaml" "$room/edited"
check "another installation keeps it" inside scripts/install.sh
check "and it is what it was" cmp "$room/edited" "$room/root/etc/sluice/sluice.yaml"
check "it uninstalls" inside scripts/install.sh --uninstall
printf '%s\n' etc/sluice etc/sluice/sluice.yaml | sort - "$room/before" > "$room/wanted"
listing > "$room/after"
check "nothing but the edited file stays" diff "$room/wanted" "$room/after"
accounts > "$room/accounts.after"
check "the user is gone" diff "$room/accounts" "$room/accounts.after"
echo "$passed passed, $failed failed"
((failed == 0))
