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
	fence("linux/perf_event.h", "^src/(capture/|parse/perfrecord)")
	fence("gelf.h|^#include <libelf.h", "^src/goruntime/")
	fence("zstd.h", "^src/recording/")
	fence("jansson.h", "^src/render/")
}
END { exit bad }
' tools/layers.txt $(find src include -name '*.[ch]')
echo "layers: clean"
