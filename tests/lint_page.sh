#!/bin/sh
# Checks how the page's scripts and styles are written: Biome, an npm package with its program in it.
# With --write it formats them first. usage: tests/lint_page.sh PYTHON [--write]
set -eu
biome="npx --yes --prefer-offline @biomejs/biome@2.6.8"
if ! command -v npx >/dev/null; then
    echo "npx is not installed: the page's scripts and styles are not checked; install Node.js 18 or newer" >&2
    exit ${CI:+1}
fi
if [ "${2:-}" = --write ]; then $biome format --write sama/ui; fi
$biome check --error-on-warnings sama/ui
# Names that nobody declares, or nobody uses: to be found in all scripts together only.
joined=$(mktemp -d)
trap 'rm -r "$joined"' EXIT
"$1" -m tests.ui.js.joined >"$joined/page.js"
$biome lint --error-on-warnings --config-path=tests/ui/js/biome.jsonc "$joined/page.js"
