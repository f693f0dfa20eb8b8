#!/bin/sh
# The JSONPath Compliance Test Suite (https://github.com/jsonpath-standard/jsonpath-compliance-test-suite), from the folder of
# outside suites.
set -eu
file=${PLUMBLINE_SUITES:-../shared/suites}/jsonpath-cts/cts.json
if [ ! -f "$file" ]; then
    echo "skipped: there is no $file (PLUMBLINE_SUITES names the folder of outside suites)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
make -s --no-print-directory "$OUT/conformance/jsonpath" >&2
exec "$OUT/conformance/jsonpath" "$file"
