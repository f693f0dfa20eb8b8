#!/bin/bash
# Static checks of every C file: both compilers' warnings as errors, cppcheck, clang-tidy, scripts' syntax.
set -u
read -ra flags <<<"$FLAGS_FOR_LINT"
read -ra files <<<"$C_FILES"
sources=() failed=0 passed=0
for file in "${files[@]}"; do
    # A fuzz target's entry point has no prototype to declare.
    [[ $file != *.c || $file == tests/fuzz/* ]] || sources+=("$file")
done
gateway=() && for file in "${sources[@]}"; do [[ $file != gateway/* ]] || gateway+=("$file"); done

step() {
    local name=$1 started=$SECONDS
    shift
    if "$@"; then
        passed=$((passed + 1)); echo "lint $name: fine ($((SECONDS - started)) s)"
    else
        failed=$((failed + 1)); echo "lint $name: FAILED"
    fi
}
each() { printf '%s\0' "${sources[@]}" | xargs -0 -n 4 -P 2 "$@"; }

warnings_clang() { each clang "${flags[@]}" -Werror -fsyntax-only; }
warnings_gcc() { each gcc "${flags[@]}" -Werror -fsyntax-only; }
cppcheck_all() {
    mkdir -p build/cppcheck
    cppcheck -q -j2 --cppcheck-build-dir=build/cppcheck --std=c11 -Igateway -D_GNU_SOURCE --enable=warning,portability,performance \
        --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem "${gateway[@]}"
}
# What a file looked like when nothing was found in it is kept under build/lint, so that only changed files are read again.
# The path-sensitive analyser is the whole cost; its depth is bounded (DEEP=1: it is not, and takes ten times as long). Without the notes
# that lead to a finding; `clang-tidy FILE -- $FLAGS` shows them.
tidy() {
    export tidy_depth="" tidy_version
    [ -n "${DEEP:-}" ] || tidy_depth="--extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=20000"
    tidy_version=$(clang-tidy --version; cat .clang-tidy; echo "$tidy_depth")
    mkdir -p build/lint
    printf '%s\0' "${gateway[@]}" | xargs -0 -n 1 -P 2 tests/run/tidy.sh | sed -nE '/: (error|warning): /,+2p'
    return "${PIPESTATUS[1]}"
}
shells() { git ls-files -z '*.sh' .ci/run | xargs -0 -n 1 bash -n; }

step "clang warnings" warnings_clang
step "gcc warnings" warnings_gcc
step cppcheck cppcheck_all
step clang-tidy tidy
step scripts shells
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
