#!/bin/sh
# check-docs.sh - hold the documents against the program (`make check`).
#
# - Every line "$ COMMAND" in a ```console block is run, and what the block shows below it must be what the command
#   prints, numbers, times and sizes aside. "..." in the shown output stands for anything, a line or a part of one.
# - Options: `gctide help COMMAND` and docs/gctide.1 name the same ones, with the same defaults; other documents name no others.
# - Headings of docs/troubleshooting.md in code quotes are messages that src/ can print ("..." for what is filled in).
# - Fields of the JSON report are those of docs/report-json.md.
# - Relative links lead to files that are there; no document has the path of somebody's machine.
# shellcheck disable=SC2013,SC2016  # words, not lines, are looped over; backquotes are Markdown's
set -eu
cd "$(dirname "$0")/.."
root="$PWD"
B="${B:-build}"
case "$B" in /*) ;; *) B="$root/$B" ;; esac
tmp="$(mktemp -d)"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
unset GODEBUG GOGC GOMEMLIMIT GOMAXPROCS
failed=0
documents="$(git ls-files --cached --others --exclude-standard '*.md')"

fail() {
	echo "check-docs: $*" >&2
	failed=$((failed + 1))
}

[ -x "$B/gctide" ] || { echo "check-docs: $B/gctide is not there; run make first" >&2; exit 1; }
have_samples=no
if command -v go >/dev/null 2>&1; then
	make -s B="$B" samples
	have_samples=yes
fi

# --- console blocks -------------------------------------------------------------------------------------------

# What every environment prints alike. Paragraphs that depend on the machine or on the Go release are left out; bars and
# cycle rows become one word each, numbers N, their units the kind of unit; statuses stay.
dropped='sources|cgroup|scavenger'
"$B/gctide" doctor >"$tmp/doctor" 2>&1 || true
if ! grep -q '^works  *perf.user-faults' "$tmp/doctor"; then
	dropped="$dropped|faults|watching"
	echo "skipped: the lines 'faults' and 'watching' of shown reports: no perf events here (gctide doctor)"
fi

normalise() { # FILE
	awk -v dropped="^($dropped) " '
		$0 ~ dropped { skip = 1; next }
		skip && /^             [^ ]/ { next }
		{ skip = 0 }
		/^ +[0-9.]+ [a-z]+ +- +[0-9.]+ [a-z]+ +[0-9]+( #*)?$/ { if (!bars) print "BARS"; bars = 1; next }
		{ bars = 0 }
		/^ +[0-9]+[a-zA-Z]* +[0-9.]+ s .*>.*$/ { print "ROW"; next }
		{ sub(/^(works|partly|fails) /, "STATE "); print }
	' "$1" | tr -s ' \t\n' ' ' | sed -E '
		s/^ //; s/ $//
		:status
		s/(status [a-j]*)0/\1a/; s/(status [a-j]*)1/\1b/; s/(status [a-j]*)2/\1c/; s/(status [a-j]*)3/\1d/
		s/(status [a-j]*)4/\1e/; s/(status [a-j]*)5/\1f/; s/(status [a-j]*)6/\1g/; s/(status [a-j]*)7/\1h/
		s/(status [a-j]*)8/\1i/; s/(status [a-j]*)9/\1j/
		tstatus
		s/go[0-9]+\.[0-9a-z.]+/goV/g
		s/Linux [^ ]+ [^ ,]+/Linux K/g
		s/[0-9]+(,[0-9]+)*(\.[0-9]+)?(e[+-]?[0-9]+)?/N/g
		s/N (ns|us|ms|s|min|h)([^a-zA-Z]|$)/N time\2/g
		s/N (B|KiB|MiB|GiB|TiB)([^a-zA-Z]|$)/N bytes\2/g
		s/N (CPU|cycle|line|pause|read|sample|time)([^a-zA-Z])/N \1s\2/g
		s/\(perf, user(\+kernel)?\)/(perf)/g
		s/, failed reads N//g'
}

# Whether text (file 2) is as pattern (file 1) says, "..." being anything; prints what was not found.
matches() { # PATTERN TEXT
	awk -v pattern_file="$1" -v text_file="$2" 'BEGIN {
		getline pattern < pattern_file
		getline text < text_file
		count = split(pattern, part, /\.\.\./)
		for (i = 1; i <= count; i++) {
			gsub(/^ +| +$/, "", part[i])
			if (part[i] == "")
				continue
			at = index(text, part[i])
			if (at == 0 || (i == 1 && at != 1)) {
				for (n = length(part[i]); n > 0 && !index(text, substr(part[i], 1, n)); n--)
					;
				print "  shown:   " part[i]
				print "  differs: behind \"" substr(part[i], n > 40 ? n - 39 : 1, n > 40 ? 40 : n) "\""
				exit 1
			}
			text = substr(text, at + length(part[i]))
		}
		gsub(/^ +| +$/, "", text)
		gsub(/^ +| +$/, "", part[count])
		if (part[count] != "" && text != "") {
			print "  not shown: " substr(text, 1, 200)
			exit 1
		}
	}'
}

# The blocks of a document as files: NUMBER.command, NUMBER.shown, NUMBER.line.
split_blocks() { # DOCUMENT DIRECTORY
	awk -v to="$2/" '
		/^```console$/ { inside = 1; next }
		/^```/ { if (inside) inside = 0; else other = !other; next }
		inside && /^\$ / {
			n++
			name = sprintf("%s%03d", to, n)
			print substr($0, 3) > (name ".command")
			print NR > (name ".line")
			printf "" > (name ".shown")
			next
		}
		inside && !n { print FILENAME ":" NR ": a console block begins without \"$ \"" > (to "bad") ; next }
		inside { print > (name ".shown") }
	' "$1"
}

run_block() { # DOCUMENT BLOCK-FILE-STEM RUN-DIRECTORY
	where="$1:$(cat "$2.line")"
	if grep -q 'jq ' "$2.command" && ! command -v jq >/dev/null 2>&1; then
		echo "skipped: $where: no jq on the PATH"
		return
	fi
	status=0
	(cd "$3" && PATH="$tmp/bin:$PATH" timeout 120 sh -c "$(cat "$2.command")") >"$2.out" 2>&1 </dev/null || status=$?
	commands=$((commands + 1))
	if [ "$status" -ne 0 ]; then
		fail "$where: status $status from: $(cat "$2.command")"
		sed 's/^/  /' "$2.out" | head -n 20 >&2
		return
	fi
	[ -s "$2.shown" ] || return 0
	outputs=$((outputs + 1))
	normalise "$2.shown" >"$2.want"
	normalise "$2.out" >"$2.got"
	# both end with a newline, so that awk reads them also when they are empty
	echo >>"$2.want"
	echo >>"$2.got"
	if ! matches "$2.want" "$2.got" >"$2.why"; then
		fail "$where: the output of '$(cat "$2.command")' is not what is shown"
		cat "$2.why" >&2
		echo "  printed: $(cut -c 1-2000 "$2.got")" >&2
	fi
}

commands=0 outputs=0 blocks_in=0
mkdir "$tmp/bin"
ln -s "$B/gctide" "$tmp/bin/gctide"
if [ "$have_samples" = yes ]; then
	for document in $documents; do
		grep -q '^```console$' "$document" || continue
		blocks_in=$((blocks_in + 1))
		blocks="$tmp/blocks.$blocks_in" run="$tmp/run.$blocks_in"
		mkdir "$blocks" "$run"
		for sample in "$B"/samples/*; do
			[ -x "$sample" ] || continue
			ln -s "$sample" "$run/"
			ln -sf "$sample" "$tmp/bin/"
		done
		split_blocks "$document" "$blocks"
		[ ! -e "$blocks/bad" ] || fail "$(cat "$blocks/bad")"
		for command in "$blocks"/*.command; do
			[ -e "$command" ] || continue
			run_block "$document" "${command%.command}" "$run"
		done
	done
	[ "$outputs" -gt 0 ] || fail "no console block shows any output: is README.md still what it was?"
	echo "console: $commands commands of $blocks_in documents ran, $outputs shown outputs compared"
else
	echo "skipped: console blocks: no go on the PATH to build the samples with"
fi

# --- options --------------------------------------------------------------------------------------------------

# "COMMAND OPTION" per line, from the program and from the manual.
"$B/gctide" help | awk '/^  [a-z]+ / { print $1 }' | grep -v -x -e gctide -e help -e version >"$tmp/commands"
while read -r command; do
	"$B/gctide" help "$command" >"$tmp/help.$command"
	awk -v command="$command" '
		/^options:/ { on = 1; next }
		on && /^$/ { exit }
		on { for (i = 1; i <= 2; i++) if ($i ~ /^-/) { sub(/,$/, "", $i); print command, $i } }
	' "$tmp/help.$command"
	awk -v command="$command" '
		on = /^options:/ || (on && !/^$/) {
			name = $1 ~ /,$/ ? $2 : $1
			if (match($0, /default [^ ;)]+/) || match($0, /[a-z]+ \(default\)/)) {
				word = substr($0, RSTART, RLENGTH)
				sub(/^default /, "", word)
				sub(/ \(default\)$/, "", word)
				sub(/[:,]$/, "", word)
				if (name ~ /^-/ && word != "")
					print command, name, word
			}
		}
	' "$tmp/help.$command" >>"$tmp/defaults"
done <"$tmp/commands" | sort >"$tmp/options.help"
awk '
	/^\.S[hs] / { command = $1 == ".Ss" ? $2 : ""; next }
	command && /^\.It Fl / {
		for (i = 2; i < NF; i++)
			if ($i == "Fl")
				print command, "-" $(i + 1)
	}
' docs/gctide.1 | sort >"$tmp/options.man"
if ! diff "$tmp/options.help" "$tmp/options.man" >"$tmp/options.diff"; then
	fail "gctide help COMMAND (<) and docs/gctide.1 (>) differ:"
	grep '^[<>]' "$tmp/options.diff" >&2
fi
# The manual's entry of an option has the default that help names.
checked_defaults=0
while read -r command name word; do
	checked_defaults=$((checked_defaults + 1))
	awk -v command="$command" -v name="${name#-}" '
		/^\.S[hs] / { on = 0; inside = $1 == ".Ss" && $2 == command; next }
		inside && /^\.(It|El)/ { on = 0; for (i = 2; i < NF; i++) if ($i == "Fl" && $(i + 1) == name) on = 1; next }
		on { print }
	' docs/gctide.1 | grep -q -w -F -e "$word" || fail "docs/gctide.1: $command $name: the default is '$word'"
done <"$tmp/defaults"
while read -r command; do
	grep -q -x "\.Cm $command" docs/gctide.1 || fail "docs/gctide.1: no '.Cm $command' in the synopsis"
done <"$tmp/commands"
# Options that other documents name, in code quotes.
named=0
for document in $documents; do
	case "$document" in docs/adr/*) continue ;; esac
	for option in $(grep -o -E '`(gctide [^`]*)?--[a-z][^`]*`' "$document" | grep -o -E -e '(^|[ `])--[a-z-]+' | tr -d '` ' | sort -u); do
		named=$((named + 1))
		grep -q -e " $option\$" "$tmp/options.help" || case "$option" in
		--help | --version) ;;
		*) fail "$document: no command has the option $option" ;;
		esac
	done
done
echo "options: $(wc -l <"$tmp/options.help" | tr -d ' ') of $(wc -l <"$tmp/commands" | tr -d ' ') commands in help and manual," \
	"$checked_defaults defaults, $named mentions elsewhere"

# --- messages -------------------------------------------------------------------------------------------------

# The strings of src/: neighbouring literals joined, what printf fills in as "...".
find src -name '*.c' -exec cat {} + | tr '\n' ' ' | tr -s ' \t' ' ' | sed -E '
	s/" ?PRI[a-z]64 ?"/llu/g
	s/" "//g
	s/\\"/"/g
	s/%%/%/g
	s/%[-+ #0]*([0-9]+|\*)?(\.([0-9]+|\*))?(hh|ll|[hlzjtL])?[diouxXeEfgGcsp]/.../g' >"$tmp/strings"
messages=0
if [ -e docs/troubleshooting.md ]; then
	grep -E '^#+ .*`' docs/troubleshooting.md | sed -E 's/^#+ //' >"$tmp/headings"
	while IFS= read -r heading; do
		message="$(printf '%s' "$heading" | sed -E 's/^[^`]*`//; s/`[^`]*$//')"
		messages=$((messages + 1))
		grep -q -F -e "$message" "$tmp/strings" || fail "docs/troubleshooting.md: src/ has no message '$message'"
	done <"$tmp/headings"
	[ "$messages" -gt 0 ] || fail "docs/troubleshooting.md has no message as a heading"
fi
echo "messages: $messages headings of docs/troubleshooting.md found in src/"

# --- fields of the JSON report --------------------------------------------------------------------------------

fields=0
if [ -e docs/report-json.md ]; then
	grep -o -E '^\| `[A-Za-z_0-9.]+`' docs/report-json.md | tr -d '|` ' | tr '.' '\n' | sort -u >"$tmp/fields.doc"
	GODEBUG='' "$B/gctide" record -q -o "$tmp/fields.rec" -- sh -c : 2>/dev/null || true
	{
		"$B/gctide" report --format json "$tmp/fields.rec"
		"$B/gctide" parse --format json tests/data/gctrace/go1.26.10.plain.log
	} | sed -E 's/"facts": \{[^}]*\}/"facts": 0/' | grep -o -E '"[A-Za-z0-9_.]+": ' | tr -d '": ' | sort -u >"$tmp/fields.out"
	while read -r field; do
		fields=$((fields + 1))
		grep -q -x -e "$field" "$tmp/fields.doc" || fail "docs/report-json.md: the report's field '$field' is not described"
	done <"$tmp/fields.out"
	while read -r field; do
		grep -q -x -e "$field" "$tmp/fields.out" && continue
		grep -q -E -e "(\"$field\"|\($field\))" src/render/json*.c src/render/columns.c ||
			fail "docs/report-json.md: the report has no field '$field'"
	done <"$tmp/fields.doc"
	[ "$fields" -gt 100 ] || fail "the JSON report has only $fields fields?"
fi
echo "fields: $fields of the JSON report described"

# --- links and paths ------------------------------------------------------------------------------------------

links=0
for document in $documents; do
	for link in $(grep -o -E '\]\([^)# ]+' "$document" | sed 's/^](//'); do
		case "$link" in *://* | mailto:*) continue ;; esac
		links=$((links + 1))
		[ -e "$(dirname "$document")/$link" ] || fail "$document: the link to '$link' leads nowhere"
	done
done
for name in $(grep -h -o -E '^\.Pa docs/[a-z./-]+|^\.Pa [A-Z]+\.md' docs/gctide.1 | cut -d' ' -f2); do
	links=$((links + 1))
	[ -e "$name" ] || fail "docs/gctide.1: there is no $name"
done
echo "links: $links relative links lead to files"

# shellcheck disable=SC2086
if grep -n -E '(^|[^A-Za-z0-9_.>~-])/(home|root|work|tmp|mnt|opt|srv|Users|var/lib|var/tmp|usr/local/go)(/|[^A-Za-z0-9_]|$)' \
	$documents docs/gctide.1 >"$tmp/paths"; then
	fail "paths of a machine:"
	cat "$tmp/paths" >&2
fi
echo "paths: $(echo "$documents" | wc -w | tr -d ' ') documents and the manual have none of a machine"

if [ "$failed" -gt 0 ]; then
	echo "check-docs: $failed failures" >&2
	exit 1
fi
