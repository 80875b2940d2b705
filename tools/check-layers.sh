#!/bin/sh
# check-layers.sh - every #include "module/..." must be allowed by tools/layers.txt, and the
# libraries are used only where they are fenced in.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC2046
awk '
FILENAME ~ /layers.txt$/ {
	sub(/#.*/, "")
	for (i = 2; i <= NF; i++)
		allowed[substr($1, 1, length($1) - 1), $i] = 1
	next
}
function fence(pattern, where) {
	if ($0 ~ "^#include <" pattern && FILENAME !~ where) {
		print FILENAME ":" FNR ": " $2 " belongs to " where " only"
		bad = 1
	}
}
FNR == 1 { split(FILENAME, part, "/"); from = part[2] }
/^#include "\.\./ { print FILENAME ":" FNR ": include by module name, not ../"; bad = 1 }
/^#include "[a-z]+\// {
	to = $2
	gsub(/^"|\/.*/, "", to)
	if (to != from && !((from, to) in allowed) && !((from, "*") in allowed)) {
		print FILENAME ":" FNR ": " from " may not use " to
		bad = 1
	}
}
{
	fence("perfmon/", "^src/capture/hwevent_pfm.c$")
	fence("linux/perf_event.h", "^src/(capture/|parse/perfrecord|target/return)")
	if ($0 ~ "^#include .*pb-c.h" && FILENAME != "src/render/pprof.c") {
		print FILENAME ":" FNR ": " $2 " belongs to src/render/pprof.c only"
		bad = 1
	}
	fence("gelf.h|^#include <libelf.h", "^src/(goruntime|symbols)/")
	fence("dwarf.h|^#include <elfutils/", "^src/symbols/")
	fence("libunwind", "^src/symbols/unwind_")
	fence("zstd.h", "^src/recording/")
	fence("zlib.h", "^src/(recording/|render/gzipstream|symbols/debugfile)")
	fence("jansson.h", "^src/(render/|experiment/baseline)")
	fence("gsl/", "^src/experiment/")
}
END { exit bad }
' tools/layers.txt $(find src include -name '*.[ch]')
echo "layers: clean"
