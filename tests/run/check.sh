#!/bin/bash
# check.sh STEP...: runs `make STEP` for each, all of them even when one fails, and adds up what they counted.
# A step ends with a line "N passed, N failed, N skipped"; one that has no such line counts as one test.
set -u
cd "$(dirname "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0 broken=()
limit=900 # seconds for a step; sanitizers are slow
[ -z "${SAN:-}${TSAN:-}" ] || limit=1800

for step in "$@"; do
    echo "== $step"
    started=$SECONDS
    timeout -k 10 "${STEP_LIMIT:-$limit}" make --no-print-directory "$step" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    p=0 f=0 s=0
    if [[ "$(tail -n 200 "$log" | grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' | tail -n 1)" =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+) ]]; then
        p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]} s=${BASH_REMATCH[3]}
        [ "$status" = 0 ] || [ "$f" -gt 0 ] || f=1
    elif [ "$status" = 0 ]; then
        p=1
    else
        f=1
    fi
    [ "$f" = 0 ] || broken+=("$step")
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    echo "   $step took $((SECONDS - started)) s"
done

[ ${#broken[@]} = 0 ] || for step in "${broken[@]}"; do echo "failed: make $step${SAN:+ SAN=1}${TSAN:+ TSAN=1}"; done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
