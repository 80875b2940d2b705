#!/bin/sh
# setup.sh - install what is missing on Debian, by package name; nothing when nothing is missing.
# usage: tools/setup.sh build|test|check...     (each purpose adds to the one before)
set -eu

build="gcc libc6-dev make libpfm4-dev libunwind-dev libdw-dev libelf-dev libzstd-dev zlib1g-dev libjansson-dev libprotobuf-c-dev protobuf-c-compiler libjs-dygraphs libgsl-dev"
test="libcmocka-dev"
check="clang clang-format clang-tidy libclang-rt-14-dev shellcheck mandoc chromium fonts-dejavu-core"

case "${1:-build}" in
build) wanted="$build" ;;
demo) wanted="$build" ;;
test) wanted="$build $test" ;;
check) wanted="$build $test $check" ;;
*)
	echo "usage: tools/setup.sh build|demo|test|check" >&2
	exit 2
	;;
esac
# The samples and the integration tests are Go programs; any Go from 1.19 on will do.
case "${1:-build}" in
demo | test | check)
	command -v go >/dev/null 2>&1 || wanted="$wanted golang-go"
	;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "setup: not a Debian system: please see that these are there: $wanted" >&2
	exit 0
fi
missing=""
for package in $wanted; do
	# a compiler or make from elsewhere serves as well as the package
	case "$package" in
	gcc | make | clang | shellcheck | mandoc)
		command -v "$package" >/dev/null 2>&1 && continue
		;;
	esac
	state="$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)"
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "setup: missing packages, and neither root nor sudo to install them; as root:" >&2
		echo "  apt-get install --no-install-recommends$missing" >&2
		exit 1
	fi
	as_root="sudo"
fi
echo "setup: installing$missing" >&2
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if ! { $as_root apt-get update -q &&
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
	cat "$log" >&2
	echo "setup: could not install$missing" >&2
	exit 1
fi
