#!/bin/sh
# The YAML test suite (https://github.com/yaml/yaml-test-suite), from the folder of outside suites.
set -eu
folder=${PLUMBLINE_SUITES:-../shared/suites}/yaml-test-suite/src
if [ ! -d "$folder" ]; then
    echo "skipped: there is no $folder (PLUMBLINE_SUITES names the folder of outside suites)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
make -s --no-print-directory "$OUT/conformance/yaml_suite" >&2
exec "$OUT/conformance/yaml_suite" "$folder"
