#!/usr/bin/env bash
# Installs what is missing, builds and runs the tests: release, then address+undefined sanitizers, then the thread
# sanitizer over the tests labelled multiworker, then a minute of fuzzing. The last line says "N passed, N failed".
# Usage: scripts/test.sh [--quick]      (--quick: release only)
set -euo pipefail
cd "$(dirname "$0")/.."

quick=false
case ${1:-} in
    '') ;;
    --quick) quick=true ;;
    *) echo "usage: scripts/test.sh [--quick]" >&2; exit 64 ;;
esac

passed=0 failed=0
fuzz_seconds=${SLUICE_FUZZ_SECONDS:-60}
jobs=$(nproc)

finish() {
    echo "$passed passed, $failed failed"
    ((failed == 0 && passed > 0))
}

# A build that breaks counts as one failed test: the last line stays true and the other presets still run.
build() {
    echo "== build $1"
    if ! scripts/build.sh "$@" -- --quiet; then
        echo "build of $1 failed" >&2
        failed=$((failed + 1))
        return 1
    fi
}

# Counts from ctest's JUnit file. A test that could not be run is a failed one.
run_tests() {
    local preset=$1 report log all good
    shift
    report=$PWD/build/$preset/tests.xml
    log=$PWD/build/$preset/tests.log
    rm -f "$report"
    echo "== test $preset $*"
    ctest --test-dir "build/$preset" --output-on-failure --output-junit "$report" -j "$jobs" -LE long "$@" \
        > "$log" 2>&1 || true
    if [[ ! -s $report ]]; then
        cat "$log" >&2
        echo "ctest of $preset left no report" >&2
        failed=$((failed + 1))
        return
    fi
    all=$(grep -c '<testcase ' "$report" || true)
    good=$(grep -c '<testcase .* status="run"' "$report" || true)
    passed=$((passed + good))
    failed=$((failed + all - good))
    if ((all > good)); then
        grep -Ev '^ +Start +[0-9]+: | Passed +[0-9.]+ sec$' "$log" >&2 || true
    fi
}

run_fuzzers() {
    local target name pids=() names=() i
    while IFS= read -r target; do
        name=$(basename "$target")
        name=${name#fuzz_}
        mkdir -p "build/fuzz/found/$name" "tests/fuzz/corpus/$name"
        "$target" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=0 \
            -artifact_prefix="build/fuzz/found/$name/" "build/fuzz/found/$name" "tests/fuzz/corpus/$name" \
            > "build/fuzz/$name.log" 2>&1 &
        pids+=($!)
        names+=("$name")
    done < <(find build/fuzz -type f -executable -name 'fuzz_*' | sort)
    echo "== fuzz ${names[*]:-nothing} ($fuzz_seconds s)"
    for i in "${!pids[@]}"; do
        if wait "${pids[i]}"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            tail -n 40 "build/fuzz/${names[i]}.log" >&2
            echo "fuzz target ${names[i]} failed; the input is in build/fuzz/found/${names[i]}/" >&2
        fi
    done
}

trap 'failed=$((failed + 1)); finish || true; exit 1' ERR
scripts/deps.sh --build --test

if build release; then run_tests release; fi
if [[ $quick == false ]]; then
    if build dev; then run_tests dev; fi
    if build thread --target multiworker; then run_tests thread -L multiworker; fi
    if build fuzz; then run_fuzzers; fi
fi
trap - ERR
finish
