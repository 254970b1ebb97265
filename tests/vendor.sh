#!/usr/bin/env bash
# Fetches what only the browser tests need: axe-core (MPL-2.0), from the npm registry, checked by digest.
# Without npm or network the tests that need it say so and are skipped.
set -eu
cd "$(dirname "$0")"
version=4.14.1
digest=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c
mkdir -p vendor
if echo "$digest  vendor/axe.min.js" | sha256sum --check --status 2>/dev/null; then exit 0; fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && npm pack --silent "axe-core@$version" >/dev/null && tar -xzOf "axe-core-$version.tgz" package/axe.min.js >axe.min.js)
echo "$digest  $folder/axe.min.js" | sha256sum --check --status
mv "$folder/axe.min.js" vendor/axe.min.js
