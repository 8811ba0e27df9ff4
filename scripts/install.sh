#!/usr/bin/env bash
# Installs what scripts/build.sh release built: the program, its manual and completions under PREFIX, the systemd units,
# the user, /etc/sluice/sluice.yaml and the log directory. May be run again: what is as it was installed is renewed,
# what was edited stays (the new text is then put beside it as FILE.new). Starts nothing.
# Usage: scripts/install.sh [--uninstall] [--prefix DIR] [--binary FILE]
# DIR: /usr/local. FILE: build/release/sluice, built when it is missing. DESTDIR is put before every path.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=/usr/local uninstall=false sluice=build/release/sluice
while (($#)); do
    case $1 in
        --uninstall) uninstall=true ;;
        --prefix) prefix=${2:?--prefix needs a folder}; shift ;;
        --binary) sluice=${2:?--binary needs a file}; shift ;;
        *) echo "usage: scripts/install.sh [--uninstall] [--prefix DIR] [--binary FILE]" >&2; exit 64 ;;
    esac
    shift
done
[[ $prefix == /* ]] || { echo "install.sh: --prefix $prefix is not an absolute path" >&2; exit 64; }

root=${DESTDIR:-}
units=/etc/systemd/system
# One line a file of ours: its checksum as we installed it, then its path. What differs from it was edited.
manifest=$root$prefix/share/sluice/installed
edited=() own=()

checksum() { sha256sum < "$1" | cut -d' ' -f1; }
installed_checksum() { [[ -e $manifest ]] && sed -n "s|^\([0-9a-f]*\) \+$1\$|\1|p" "$manifest" | tail -n 1; }

# remember PATH SUM
remember() {
    local path=$1 kept
    kept=$(grep -v " $path\$" "$manifest" 2> /dev/null || true)
    printf '%s\n%s  %s\n' "$kept" "$2" "$path" | sed '/^$/d' > "$manifest.part"
    mv "$manifest.part" "$manifest"
}

# The folders that are missing on the way to PATH, so that uninstalling takes away those and no others.
remember_folders() {
    local folder=$1 missing=()
    while [[ ! -d $root$folder ]]; do
        missing+=("$folder")
        folder=$(dirname "$folder")
    done
    mkdir -p "$(dirname "$manifest")"
    ((${#missing[@]} == 0)) || printf '%s\n' "${missing[@]}" >> "$manifest.folders"
}

# put MODE SOURCE PATH: a file of ours, never over one that somebody edited or made.
put() {
    local mode=$1 source=$2 path=$3 place=$root$3
    if [[ -e $place ]] && [[ $(checksum "$place") != "$(checksum "$source")" ]] &&
        [[ $(checksum "$place") != "$(installed_checksum "$path")" ]]; then
        install -m "$mode" "$source" "$place.new"
        [[ -n $(installed_checksum "$path") ]] || remember "$path" 0 # there before us
        edited+=("$place")
        return
    fi
    remember_folders "$(dirname "$path")"
    install -D -m "$mode" "$source" "$place.part"
    mv "$place.part" "$place" # a running program keeps its file
    remember "$path" "$(checksum "$source")"
}

live() { [[ -z $root ]]; }
systemd_runs() { live && [[ -d /run/systemd/system ]]; }

make_user() {
    live || return 0
    getent passwd sluice > /dev/null && return 0
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin sluice
    touch "$manifest.user" # made by us, so taken away by us
}

make_log_folder() {
    remember_folders /var/log/sluice
    install -d -m 0750 "$root/var/log/sluice"
    # With what a former installation left: its user may have had another number.
    if live; then chown -R sluice:sluice /var/log/sluice; fi
}

install_all() {
    local room
    if [[ ! -x $sluice ]]; then
        scripts/deps.sh --build
        scripts/build.sh release --target sluice
    fi
    room=$(mktemp -d)
    # shellcheck disable=SC2064  # the folder of now
    trap "rm -rf '$room'" EXIT

    "$sluice" manual > "$room/manual"
    for shell in bash fish zsh; do "$sluice" completion "$shell" > "$room/$shell"; done
    sed "s|/usr/local/|$prefix/|g" conf/sluice.service > "$room/service"

    remember_folders "$prefix/share/sluice"
    make_user
    put 0755 "$sluice" "$prefix/bin/sluice"
    put 0644 "$room/manual" "$prefix/share/man/man1/sluice.1"
    put 0644 "$room/bash" "$prefix/share/bash-completion/completions/sluice"
    put 0644 "$room/fish" "$prefix/share/fish/vendor_completions.d/sluice.fish"
    put 0644 "$room/zsh" "$prefix/share/zsh/site-functions/_sluice"
    put 0644 docs/systemd.md "$prefix/share/doc/sluice/systemd.md"
    put 0644 conf/full.yaml "$prefix/share/doc/sluice/full.yaml"
    put 0644 "$room/service" "$units/sluice.service"
    put 0644 conf/sluice.socket "$units/sluice.socket"
    put 0644 conf/installed.yaml /etc/sluice/sluice.yaml
    make_log_folder
    if systemd_runs; then systemctl daemon-reload; fi

    for place in "${edited[@]}"; do
        echo "kept $place, which was edited; the new text is in $place.new"
    done
    echo "installed $("$sluice" version | head -n 1)"
    echo "next:  edit /etc/sluice/sluice.yaml, then: sluice check && systemctl enable --now sluice"
}

remove_folder() { rmdir --ignore-fail-on-non-empty "$root$1" 2> /dev/null || true; }

uninstall_all() {
    local path sum place
    [[ -e $manifest ]] || { echo "install.sh: nothing is installed under $prefix" >&2; exit 1; }
    if systemd_runs; then systemctl disable --now --quiet sluice.service sluice.socket 2> /dev/null || true; fi
    while read -r sum path; do
        place=$root$path
        rm -f "$place.new"
        [[ -e $place ]] || continue
        if [[ $(checksum "$place") == "$sum" ]]; then rm -f "$place"; else edited+=("$place"); fi
    done < "$manifest"
    for path in /var/log/sluice /var/lib/sluice; do remove_folder "$path"; done
    if [[ -e $manifest.folders ]]; then
        sort -ru "$manifest.folders" > "$manifest.part"
        while read -r path; do
            [[ $path == "$prefix/share/sluice"* ]] || remove_folder "$path"
        done < "$manifest.part"
    fi
    # Whoever got the user's number next would own what is left.
    if live && [[ -e $manifest.user && ! -d /var/log/sluice && ! -d /var/lib/sluice ]]; then userdel sluice || true; fi
    rm -f "$manifest" "$manifest.user" "$manifest.part"
    path=$prefix/share/sluice
    while [[ -e $manifest.folders && $path != / ]] && grep -qx "$path" "$manifest.folders"; do
        own+=("$path")
        path=$(dirname "$path")
    done
    rm -f "$manifest.folders"
    for path in "${own[@]}"; do remove_folder "$path"; done
    if systemd_runs; then systemctl daemon-reload; fi

    for place in "${edited[@]}"; do echo "left $place, which was edited"; done
    for path in /var/log/sluice /var/lib/sluice; do
        if [[ -d $root$path ]]; then echo "left $root$path with what is in it"; fi
    done
    echo "uninstalled"
}

if live && ((EUID != 0)); then
    echo "install.sh: run it as root, or with DESTDIR=FOLDER to look at what it would install" >&2
    exit 1
fi
if $uninstall; then uninstall_all; else install_all; fi
