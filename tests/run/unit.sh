#!/bin/bash
# Runs unit test programs: one line for each that passes, the whole output of one that does not.
set -u
passed=0 failed=0 skipped=0
for program in "$@"; do
    name=${program#"$OUT"/unit/}; name=${name%_test}
    output=$(timeout -k 5 "${LIMIT:-60}" "$program" 2>&1); status=$?
    p=$(grep -c '^\[       OK \]' <<<"$output"); f=$(grep -c '^\[  FAILED  \] [A-Za-z_]*$' <<<"$output")
    s=$(grep -c '^\[  SKIPPED \] [A-Za-z_]*$' <<<"$output")
    if [ $status -ne 0 ]; then echo "$output"; echo "$name FAILED (exit status $status); again: make unit T=$name"; [ "$f" = 0 ] && f=1; else
    echo "$name: $p passed"; fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
