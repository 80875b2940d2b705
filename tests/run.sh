#!/bin/sh
# run.sh - run the unit tests and the integration tests, and close with the count of all of them.
# usage: tests/run.sh [unit]      B is the build directory (default build)
set -u
cd "$(dirname "$0")/.." || exit 1
B="${B:-build}"
case "$B" in /*) ;; *) B="$PWD/$B" ;; esac
mkdir -p "$B/tests"
passed=0 failed=0 skipped=0

count() { # PATTERN FILE
	grep -c -E "$1" "$2" || true
}

run_unit() {
	for binary in "$B"/tests/unit/test_*; do
		[ -x "$binary" ] || continue
		case "$binary" in *.d) continue ;; esac
		log="$B/tests/$(basename "$binary").log"
		"$binary" >"$log" 2>&1
		status=$?
		p=$(count '^\[       OK \]' "$log")
		f=$(count '^\[  FAILED  \] [a-z_0-9A-Z]+$' "$log")
		s=$(count '^\[  SKIPPED \] [a-z_0-9A-Z]+$' "$log")
		# cmocka names each failed and skipped test twice: as it happens and at the end
		f=$((f / 2)) s=$(((s + 1) / 2))
		if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
			f=1
		fi
		echo "unit $(basename "$binary"): $p passed, $f failed, $s skipped"
		[ "$f" -eq 0 ] || cat "$log"
		[ "$s" -eq 0 ] || grep -i -E 'skip' "$log"
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	done
}

run_integration() {
	if ! command -v go >/dev/null 2>&1; then
		echo "skipped: integration tests: no go on the PATH"
		skipped=$((skipped + 1))
		return
	fi
	log="$B/tests/integration.log"
	# a home that cannot be written has no build cache
	if [ -z "${GOCACHE:-}" ] && ! mkdir -p "${HOME:-/nonexistent}/.cache/go-build" 2>/dev/null; then
		GOCACHE="$B/gocache"
		export GOCACHE
	fi
	export GOTOOLCHAIN=local GOFLAGS='' GO111MODULE=on
	(cd tests/integration && GCTIDE="$B/gctide" go test -count=1 -v -timeout 20m ./... 2>&1) >"$log"
	status=$?
	# the bench's statistics; the folder has C programs beside the Go ones
	(cd tests/bench && CGO_ENABLED=0 go test -count=1 -v . 2>&1) >>"$log" || status=1
	p=$(count '^ *--- PASS:' "$log")
	f=$(count '^ *--- FAIL:' "$log")
	s=$(count '^ *--- SKIP:' "$log")
	if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
	fi
	echo "integration ($(go version | cut -d' ' -f3)): $p passed, $f failed, $s skipped"
	grep -A2 -E '^ *--- SKIP:' "$log" | grep -v -E '^--$' | sed 's/--- SKIP:/skipped:/'
	[ "$f" -eq 0 ] || cat "$log"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

run_unit
[ "${1:-all}" = unit ] || run_integration
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
