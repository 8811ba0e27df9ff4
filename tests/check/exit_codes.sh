#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The real binary: exit statuses and streams of sluice check and version. Usage: exit_codes.sh SLUICE SOURCE_FOLDER
sluice=$1
cd "$2" || exit 1
failed=0

# expect STATUS ARGUMENT...: runs sluice and compares its exit status; its output is left in $out.
expect() {
    wanted=$1
    shift
    out=$("$sluice" "$@" 2>/dev/null)
    got=$?
    if [ "$got" -ne "$wanted" ]; then
        echo "sluice $*: exit $got, wanted $wanted"
        failed=1
    fi
}

# holds TEXT: the last output has it.
holds() {
    case $out in
    *"$1"*) ;;
    *)
        echo "no \"$1\" in: $out"
        failed=1
        ;;
    esac
}

expect 0 check --config conf/sluice.yaml
holds "conf/sluice.yaml: good, 1 listener, 1 service, 1 route"
expect 0 check --config conf/full.yaml
expect 0 check --config conf/sluice.yaml --format json
holds '{"problems":[]}'
expect 0 check --config tests/check/cases/warn_methods.yaml
holds "warning: "
expect 78 check --config tests/check/cases/unknown_key.yaml
holds 'tests/check/cases/unknown_key.yaml:7:1: worker: unknown key, did you mean "workers"?'
expect 78 check --config tests/check/cases/unknown_key.yaml --format json
holds '"suggestion":"workers"'
expect 78 check --config tests/check/no_such_file.yaml
holds "No such file or directory"
expect 78 check --config tests/check
expect 64 proxy
expect 64 check --config conf/sluice.yaml --format xml
expect 0 schema
holds '"$schema":"http://json-schema.org/draft-07/schema#"'
expect 0 schema --format markdown
holds "| \`workers\` |"
expect 64 schema --format xml
expect 64 chekc
expect 64
expect 0 --help
expect 0 check --help
expect 0 version
holds "commit "

expect 0 explain --config conf/sluice.yaml http://127.0.0.1:8080/
holds "route"
expect 0 explain --config conf/sluice.yaml --format json http://127.0.0.1:8080/
holds '"losers":'
expect 1 explain --config conf/sluice.yaml http://127.0.0.1:8080/../..
holds "400 bad_request"
expect 78 explain --config tests/check/cases/unknown_key.yaml http://127.0.0.1/
expect 64 explain --config conf/sluice.yaml
expect 64 explain --config conf/sluice.yaml 127.0.0.1
expect 64 explain --config conf/sluice.yaml -H x http://127.0.0.1/
expect 64 explain --config conf/sluice.yaml --listener nobody http://127.0.0.1/

exit "$failed"
