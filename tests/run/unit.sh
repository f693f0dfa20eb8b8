#!/bin/bash
# unit.sh PROGRAM...: runs unit test programs (cmocka), two at a time. One line for a program that passes, the whole
# output of one that does not, with the command that runs it again. The last line counts the tests.
set -u
limit=${LIMIT:-120} # seconds a program may take
[ -z "${TSAN:-}" ] || limit=${LIMIT:-400}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export ASAN_OPTIONS=${ASAN_OPTIONS:-handle_segv=2:handle_abort=2:handle_sigbus=2:handle_sigill=2:handle_sigfpe=2}
plain=()
[ -z "${TSAN:-}" ] || plain=(setarch -R) # ThreadSanitizer wants an unrandomised address space

# The number in the lines "[  PASSED  ] 12 test(s)" of a program, which may run several groups.
count() { sed -nE "s/^\[ +$1 +\] ([0-9]+) test\(s\).*/\1/p" "$2" | awk '{ n += $1 } END { print n + 0 }'; }

run() {
    local program=$1 name=$2 file=$3 status=0 started=$SECONDS
    # It has one thread, and Lua's errors are jumps, which fill the stack that ThreadSanitizer keeps beside the real one.
    if [ -n "${TSAN:-}" ] && [ "$name" = rules/script_limits ]; then
        echo "unit $name: skipped: ThreadSanitizer does not follow so many jumps" >"$file.report"
        echo "0 0 1" >"$file.count"
        return
    fi
    timeout -k 5 "$limit" "${plain[@]}" "$program" >"$file.out" 2>&1 </dev/null || status=$?
    local passed failed skipped why=""
    passed=$(count PASSED "$file.out") failed=$(count FAILED "$file.out") skipped=$(count SKIPPED "$file.out")
    case $status in
    0) [ $((passed + failed + skipped)) -gt 0 ] || why="no test ran" ;;
    124 | 137) why="stopped after $limit s" ;;
    *) [ "$failed" -gt 0 ] || why="ended with status $status" ;;
    esac
    if [ -n "$why" ]; then
        failed=1
        [ "$passed" -gt 0 ] || passed=$(grep -c '^\[       OK \]' "$file.out")
    fi
    {
        if [ "$failed" -gt 0 ]; then
            cat "$file.out"
            echo "unit $name: FAILED${why:+: $why}; again: make unit T=$name${SAN:+ SAN=1}"
        else
            local took=$((SECONDS - started))
            [ "$took" -lt 2 ] && took="" || took=" ($took s)"
            [ "$skipped" = 0 ] && skipped_note="" || skipped_note=", $skipped skipped"
            echo "unit $name: $passed passed$skipped_note$took"
        fi
    } >"$file.report"
    echo "$passed $failed $skipped" >"$file.count"
}

i=1000
for program in "$@"; do
    name=${program#"$OUT"/unit/}
    i=$((i + 1)) # here, not in the subshell below
    run "$program" "${name%_test}" "$results/$i" &
    [ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n
done
wait
for report in "$results"/*.report; do [ ! -e "$report" ] || cat "$report"; done

read -r passed failed skipped < <(cat "$results"/*.count 2>/dev/null | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
if [ "$(find "$results" -name '*.count' | wc -l)" != $# ]; then
    echo "unit: a result of the $# programs is missing"
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
