#!/bin/sh
# test-matrix.sh - hold gctide against the samples' truth, and what it reads from function tables against what
# Go reads, under every Go release that can be had here: Debian's, the one on the PATH, and what
# GOTOOLCHAIN can bring (Go 1.21 and later).
set -u
cd "$(dirname "$0")/.." || exit 1
B="${B:-build}"
case "$B" in /*) ;; *) B="$PWD/$B" ;; esac
releases="${RELEASES:-1.21.13 1.22.12 1.23.12 1.24.13 1.25.12 1.26.10 1.27.3}"
mkdir -p "$B/tests"
passed=0 failed=0 skipped=0

try() { # NAME GOROOT
	log="$B/tests/matrix-$1.log"
	(cd tests/integration && PATH="$2/bin:$PATH" GCTIDE="$B/gctide" GOTOOLCHAIN=local GOFLAGS='' \
		go test -count=1 -v -run 'TestTruth|TestSymbols|TestReturns|TestOffered|TestScavengerAgrees|TestSeccomp' -timeout 10m . >"$log" 2>&1)
	status=$?
	p=$(grep -c -E '^ *--- PASS' "$log")
	f=$(grep -c -E '^ *--- FAIL' "$log")
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	echo "$1: $p passed, $f failed"
	sed -n 's/^ *symbols_test.go:[0-9]*: \(.* compared .*\)/  \1/p' "$log"
	[ "$f" -eq 0 ] || grep -E -- '--- FAIL|_test.go' "$log" | grep -v ', 0 disagree' | head -20
	passed=$((passed + p)) failed=$((failed + f))
}

skip() { # NAME WHY
	echo "skipped: $1: $2"
	skipped=$((skipped + 1))
}

if ! command -v go >/dev/null 2>&1; then
	skip "all releases" "no go on the PATH"
else
	try "path-$(go env GOVERSION)" "$(go env GOROOT)"
	for r in $releases; do
		root="$(GOTOOLCHAIN="go$r" GOFLAGS='' timeout 120 go env GOROOT 2>/dev/null)"
		if [ -n "$root" ] && [ -x "$root/bin/go" ]; then
			try "go$r" "$root"
		else
			skip "go$r" "GOTOOLCHAIN could not bring it"
		fi
	done
fi
debian=/usr/lib/go-1.19
if [ -x "$debian/bin/go" ]; then
	try "debian-go1.19" "$debian"
else
	skip "debian-go1.19" "golang-1.19-go is not installed"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
