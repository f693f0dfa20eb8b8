#!/bin/bash
# tidy.sh FILE: clang-tidy, unless nothing was found in the same text before; lint.sh calls it.
set -u -o pipefail
sum=$({ echo "$tidy_version $FLAGS_FOR_LINT"; clang $FLAGS_FOR_LINT -E -C "$1"; } 2>/dev/null | sha256sum) || sum=""
[ -z "$sum" ] || [ ! -e "build/lint/${sum%% *}" ] || exit 0
clang-tidy --quiet $tidy_depth "$1" -- $FLAGS_FOR_LINT 2>/dev/null || exit 1
[ -z "$sum" ] || : >"build/lint/${sum%% *}"
