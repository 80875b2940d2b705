#!/bin/sh
# make.sh - build the fixtures beside this script: prog.go by several releases of Go, cut down to the function
# table of its main package (tests/integration/shrink), and what Go's own readers say about it.
# usage: make.sh GO...    (go commands, e.g. /usr/lib/go-1.19/bin/go), and a newer `go` on the PATH
# The fixtures in the tree were made with Go 1.10.8, 1.12.17, 1.15.15, 1.17.13, 1.19.8 and 1.26.8 for amd64.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
cp "$here/prog.go" "$dir/src/"
for go in "$@"; do
	name="$(GOENV=off GOTOOLCHAIN=local "$go" version | cut -d' ' -f3)"
	# inlining of more than leaves was not the default before Go 1.12
	(cd "$dir/src" && GOENV=off GOFLAGS='' GOTOOLCHAIN=local GO111MODULE=off GOPATH="$dir/path" GOCACHE="$dir/cache-$name" \
		GOROOT_FINAL=/usr/local/go GOOS=linux GOARCH=amd64 CGO_ENABLED=0 "$go" build -gcflags="-l=4 -trimpath=$dir" -o "$dir/prog" prog.go)
	(cd "$here/../../integration" && go run ./shrink "$dir/prog" "$name" "$here/$name.elf" "$here/$name.txt")
done
