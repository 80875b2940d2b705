#!/bin/sh
# check.sh - all that CI runs (`make check`): boundaries, format, lint, warnings, tests, sanitizers, fuzzing, docs.
# Closes with the count of the tests of all runs.
set -eu
cd "$(dirname "$0")/.."
log="build/check"
mkdir -p "$log"
passed=0 failed=0 skipped=0

step() {
	echo "== $*"
}

# Run a command whose last line is "N passed, N failed, N skipped", show it, and add the figures up.
counted() { # NAME COMMAND...
	name="$1"
	shift
	step "$name"
	status=0
	"$@" >"$log/$name.log" 2>&1 || status=$?
	cat "$log/$name.log"
	line="$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log/$name.log" | tail -n 1)"
	[ -n "$line" ] || { echo "check: $name gave no count (status $status)" >&2; exit 1; }
	# shellcheck disable=SC2086
	set -- $line
	passed=$((passed + $1)) failed=$((failed + $3)) skipped=$((skipped + $5))
	[ "$status" -eq 0 ] || { echo "check: $name failed" >&2; exit 1; }
}

step lint
tools/lint.sh
step "warnings are errors, with gcc and with clang"
make -s B=build/werror-gcc CC=gcc CFLAGS='-O2 -g -Werror' all unit-binaries
make -s B=build/werror-clang CC=clang CFLAGS='-O2 -g -Werror' all
counted test make --no-print-directory test
step docs
tools/check-docs.sh
counted asan make --no-print-directory asan
step fuzz
tools/fuzz.sh
echo "$passed passed, $failed failed, $skipped skipped"
