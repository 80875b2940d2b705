#!/bin/sh
# tidy.sh - clang-tidy over the sources, one file at a time on every core (several in one run upset its va_list check).
set -eu
cd "$(dirname "$0")/.."
make -s generated
out="$(mktemp)"
trap 'rm -f "$out"' EXIT
# shellcheck disable=SC2016
if ! find src -name '*.c' | sort | xargs -P "$(nproc)" -n 1 sh -c \
	'clang-tidy --quiet --warnings-as-errors="*" --config-file=tools/clang-tidy.yml "$@" -- -std=c17 -D_GNU_SOURCE -Iinclude -I${B:-build}/gen' tidy \
	>"$out" 2>&1; then
	grep -E 'error:|warning:' "$out" | sort -u
	echo "clang-tidy: see above" >&2
	exit 1
fi
echo "clang-tidy: clean"
