#!/bin/sh
# bench.sh - build the samples and the bench program, and measure (`make bench`).
#
#   tools/bench.sh [--json FILE] [--only faultcost|samplecost|returncost|slowdown|parse|report|stacks] [...]
#
# B is the build directory with gctide in it, BENCH_ROUNDS the number of rounds (default 30).
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
case $B in
/*) ;;
*) B=$PWD/$B ;;
esac
if [ ! -x "$B/gctide" ]; then
	echo "bench.sh: $B/gctide is not there; run make first" >&2
	exit 1
fi
mkdir -p "$B/bench/samples"
export GOFLAGS="" CGO_ENABLED=0 GOTOOLCHAIN=local GO111MODULE=on
(cd samples && go build -o "$B/bench/samples/" ./steady ./storm)
(cd tests/bench && go build -o "$B/bench/bench" .)
exec "$B/bench/bench" -gctide "$B/gctide" -bench-symbols "$B/tests/bench/bench_symbols" \
	-bench-samplers "$B/tests/bench/bench_samplers" -bench-returns "$B/tests/bench/bench_returns" -samples "$B/bench/samples" -rounds "${BENCH_ROUNDS:-30}" "$@"
