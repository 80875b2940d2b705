#!/bin/sh
# make.sh - build the ELF fixtures beside this script: Go executables cut down to the sections
# that identify them. Usage: make.sh GO... (go commands, e.g. /usr/lib/go-1.19/bin/go); needs objcopy.
# The fixtures in the tree were made with Go 1.19.8 and Go 1.26.8 on Linux.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
cat >"$dir/hello.go" <<'GO'
package main

func main() { println("hello") }
GO
printf 'module example.com/hello\n\ngo 1.19\n' >"$dir/go.mod"

# Keep the sections that identify a Go binary; of .gopclntab the first 64 bytes.
cut_down() { # EXECUTABLE FIXTURE
	objcopy --dump-section .gopclntab="$dir/pclntab" "$1" "$dir/unused"
	head -c 64 "$dir/pclntab" >"$dir/pclntab.head"
	objcopy --strip-all --only-section=.go.buildinfo --only-section=.note.go.buildid \
		--only-section=.note.gnu.build-id --only-section=.gopclntab \
		--update-section .gopclntab="$dir/pclntab.head" "$1" "$2"
}

for go in "$@"; do
	name="$("$go" env GOVERSION)"
	(cd "$dir" && GOFLAGS='' GOTOOLCHAIN=local GOOS=linux GOARCH=amd64 CGO_ENABLED=0 \
		"$go" build -trimpath -buildvcs=false -o hello .)
	cut_down "$dir/hello" "$here/hello-$name.elf"
	objcopy --remove-section .go.buildinfo "$here/hello-$name.elf" "$here/hello-$name-nobuildinfo.elf"
done
