#!/bin/sh
# JSONTestSuite (https://github.com/nst/JSONTestSuite), from the folder of outside suites.
set -eu
folder=${PLUMBLINE_SUITES:-../shared/suites}/json-parsing/test_parsing
if [ ! -d "$folder" ]; then
    echo "skipped: there is no $folder (PLUMBLINE_SUITES names the folder of outside suites)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
make -s --no-print-directory "$OUT/conformance/json_parsing" >&2
exec "$OUT/conformance/json_parsing" "$folder"
