#!/bin/bash
# Runs every fuzz target (or $T alone) for $TIME seconds, starting from tests/fuzz/corpus/<target>. What it finds new stays
# in build/fuzz/found/<target>; an input that breaks the program is build/fuzz/found/<target>-crash-*.
set -u
passed=0 failed=0
for source in tests/fuzz/${T:-*}.c; do
    [ -e "$source" ] || continue
    name=$(basename "$source" .c)
    found=build/fuzz/found/$name
    mkdir -p "$found"
    corpus=("$found")
    for folder in tests/fuzz/corpus/"${name%_fuzz}" tests/fuzz/corpus/"$name"; do [ ! -d "$folder" ] || corpus+=("$folder"); done
    dictionary=()
    [ ! -e "tests/fuzz/$name.dict" ] || dictionary=(-dict="tests/fuzz/$name.dict")
    if timeout -k 10 $((TIME + 60)) "build/fuzz/fuzz/$name" -max_total_time="$TIME" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$found-" "${dictionary[@]}" "${corpus[@]}" >"$found.log" 2>&1; then
        runs=$(sed -nE 's/^stat::number_of_executed_units: +//p' "$found.log")
        echo "fuzz $name: $runs inputs, nothing found"
        passed=$((passed + 1))
    else
        tail -n 60 "$found.log"
        echo "fuzz $name: FAILED; again: build/fuzz/fuzz/$name $found-*"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
