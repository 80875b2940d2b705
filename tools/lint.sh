#!/bin/sh
# lint.sh - what needs no run of a test: boundaries, format, scripts, the manual page, clang-tidy (`make lint`).
set -eu
cd "$(dirname "$0")/.."
tools/check-layers.sh
git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror
[ -z "$(gofmt -l samples tests)" ] || { gofmt -l samples tests; echo "lint: run gofmt -w on these" >&2; exit 1; }
git ls-files '*.sh' .ci/run | xargs shellcheck
mandoc -Tlint -Wwarning docs/gctide.1
tools/tidy.sh
echo "lint: clean"
