#!/bin/bash
# tidy.sh FILE: clang-tidy, unless nothing was found in the same text before; lint.sh calls it.
set -u -o pipefail
sum=$({ echo "$tidy_version $FLAGS_FOR_LINT"; clang $FLAGS_FOR_LINT -E -C "$1"; } 2>/dev/null | sha256sum) || sum=""
[ -z "$sum" ] || [ ! -e "build/lint/${sum%% *}" ] || exit 0
tidy() { clang-tidy --quiet $tidy_depth "$@" -- $FLAGS_FOR_LINT 2>/dev/null; }
tidy "$1"
status=$?
# A crash is clang-tidy's: its analyser falls over some files. The other checks are made all the same.
if [ $status -gt 128 ]; then
    echo "$1: clang-tidy's analyser crashed; looked at without it" >&2
    tidy --checks='-clang-analyzer-*' "$1"
    status=$?
fi
[ $status = 0 ] || { echo "$1: error: that was found in this file"; exit 1; } # or in a header of it
[ -z "$sum" ] || : >"build/lint/${sum%% *}"
