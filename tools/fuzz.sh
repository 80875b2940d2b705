#!/bin/sh
# fuzz.sh - build every fuzz target with libFuzzer and the sanitizers, and run each for FUZZ_SECONDS.
# New finds go to the build directory; a crash leaves its input there and fails the run.
set -eu
cd "$(dirname "$0")/.."
B="${B:-build/fuzz}"
seconds="${FUZZ_SECONDS:-10}"
mkdir -p "$B"
flags="-g -O1 -std=c17 -D_GNU_SOURCE -Iinclude -Isrc -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all"
# shellcheck disable=SC2046,SC2086
make -s B="$B" CC=clang CFLAGS="$flags" "$B/libgctide.a"
libs="$(make -s print-libs)"
for source in tests/fuzz/fuzz_*.c; do
	name="$(basename "$source" .c)"
	target="${name#fuzz_}"
	# shellcheck disable=SC2086
	clang $flags -fsanitize=fuzzer,address,undefined "$source" "$B/libgctide.a" \
		$libs -o "$B/$name"
	mkdir -p "$B/found/$target" "$B/crash/$target"
	corpus="tests/fuzz/corpus/$target"
	[ -d "$corpus" ] || { echo "fuzz: $source has no corpus in $corpus" >&2; exit 1; }
	if ! "$B/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$B/crash/$target/" "$B/found/$target" "$corpus" >"$B/$name.log" 2>&1; then
		tail -40 "$B/$name.log"
		echo "fuzz: $name failed; its input is in $B/crash/$target" >&2
		exit 1
	fi
	echo "fuzz $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$B/$name.log") inputs in $seconds s, no finding"
done
