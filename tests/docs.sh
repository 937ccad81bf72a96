#!/bin/bash
# docs.sh BUILD DOCUMENT...: do what a document says, in order, and see what comes of it.
#
# In a document of Markdown
#	```sh		are commands.  They are run one by one in one shell, in a folder of its
#			own; each must end with 0, or as `# exit code 1` behind it says.
#	```text		behind them is what they print, both outputs as a terminal shows them.  Times,
#			rates and dates are masked, a run of blanks is one; `...` stands for any lines.
#	```yaml, ...	are files.  The name stands in `...`, last in the line before; what is text
#			behind commands is a file where that line ends so: `urls.txt`:
#	<!-- not run: why -->	before a block: only looked at.
#
# A command in the background is waited for until it says something, and ended with the document.
# build/site answers at a port of its own for 8088.  `crawl`, `build/site` and a Makefile that has
# nothing to do stand in the folder, as in a checkout that was built.  It says DOCUMENT:LINE and a
# difference for all that is not as written, and exits 1.  With DOCS_UPDATE=1 (`make documents`) the
# document is made to say what is printed, where no `...` stands; what has one is left to its author.
set -u

docs_build=$(cd "$1" && pwd) || exit 2
shift
docs_here=$(cd "$(dirname "$0")/.." && pwd)
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
for docs_name in $(compgen -e CRAWL); do unset "$docs_name"; done
export LC_ALL=C.UTF-8 TZ=UTC

# Take a document apart: STEPS/0001/{kind,line,name,text}, and {wanted,wanted_line} of commands.
docs_take_apart() {
	awk -v steps="$2" '
	function begin(kind, name) {
		number++
		folder = sprintf("%s/%04d", steps, number)
		system("mkdir -p " folder)
		print kind >(folder "/kind")
		print NR >(folder "/line")
		print name >(folder "/name")
		close(folder "/kind"); close(folder "/line"); close(folder "/name")
		target = folder "/text"
		printf "" >target
	}
	inside && /^```/ {
		inside = 0
		if (target != "")
			close(target)
		before = ""
		next
	}
	inside {
		if (target != "")
			print >target
		next
	}
	/^```/ {
		inside = 1
		language = substr($0, 4)
		target = ""
		if (before ~ /^<!-- not run: .*-->$/) {
			begin("skipped", "")
			commands = ""
		} else if (language == "sh") {
			begin("sh", "")
			commands = folder
		} else if (language == "text" && commands != "" && before !~ /`[^` ]+\.[a-z]+`:$/) {
			target = commands "/wanted"
			printf "" >target
			print NR >(commands "/wanted_line")
			close(commands "/wanted_line")
			commands = ""
		} else if (match(before, /`[^`]+`[^`]*$/)) {
			name = substr(before, RSTART + 1)
			sub(/`.*/, "", name)
			begin("file", name)
			commands = ""
		} else {
			begin("nameless", "")
			commands = ""
		}
		next
	}
	NF { before = $0 }
	' "$1"
}

# What differs from run to run becomes the same.
docs_mask() {
	sed -E -e "s/\b$docs_port\b/8088/g" -e 's/[[:space:]]+/ /g' -e 's/ $//' \
		-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g' \
		-e 's/\b[0-9]+(\.[0-9]+)? (us|ms|s|min|h)\b/TIME/g' \
		-e 's/\b[0-9.,]+ pages\/s/RATE/g' -e 's/^(pid) [0-9]+/\1 N/' "$1"
}

# Is the second what the first says, in which "..." is any lines?
docs_matches() {
	awk '
	FNR == NR { wanted[++wanted_count] = $0; next }
	{ got[++got_count] = $0 }
	function fits(at, first, count,    i) {
		if (at + count - 1 > got_count)
			return 0
		for (i = 0; i < count; i++)
			if (got[at + i] != wanted[first + i])
				return 0
		return 1
	}
	END {
		at = 1
		for (first = 1; first <= wanted_count + 1; first = last + 2) {
			for (last = first - 1; last < wanted_count && wanted[last + 1] != "..."; )
				last++
			count = last - first + 1
			is_last = last == wanted_count
			if (first == 1) {
				if (!fits(1, 1, count) || is_last && count != got_count)
					exit 1
			} else if (is_last) {
				if (got_count - count + 1 < at || !fits(got_count - count + 1, first, count))
					exit 1
			} else {
				while (at <= got_count && !fits(at, first, count))
					at++
				if (count > 0 && at > got_count)
					exit 1
			}
			if (is_last)
				exit 0
			at += count
		}
	}' "$1" "$2"
}

docs_complain() {
	printf '%s:%s: %s\n' "$docs_document" "$1" "$2"
	docs_failed=1
}

# Put what was printed into the document.
docs_update() {
	awk -v updates="$docs_work/updates" '
	skips && /^```/ { skips = 0 }
	skips { next }
	{ print }
	/^```text/ {
		file = updates "/" NR
		while ((getline line <file) > 0) {
			print line
			skips = 1
		}
	}' "$docs_document" >"$docs_work/updated" && cat "$docs_work/updated" >"$docs_document"
}

# The commands of a block, in this shell.  What they print is gathered in $docs_work/printed.
docs_run_commands() {
	local docs_command='' docs_line='' docs_number docs_code docs_wanted docs_out docs_count=0

	docs_number=$(<"$1/line")
	: >"$docs_work/printed"
	while IFS= read -r docs_line <&9 || [ -n "$docs_line" ]; do
		docs_number=$((docs_number + 1))
		docs_command+=${docs_command:+$'\n'}$docs_line
		if [[ $docs_line = *\\ ]] || ! bash -n -c "$docs_command" 2>/dev/null; then
			continue
		fi
		docs_wanted=0
		[[ $docs_line =~ \#\ exit\ code\ ([0-9]+)$ ]] && docs_wanted=${BASH_REMATCH[1]}
		docs_count=$((docs_count + 1))
		docs_out=$1/out.$docs_count
		eval "${docs_command//8088/$docs_port}" >"$docs_out" 2>&1 </dev/null 9<&-
		docs_code=$?
		if [[ $docs_line =~ \&([[:space:]]*#.*)?$ ]]; then
			docs_background+=("$!")
			# What talks elsewhere is not waited for.
			for _ in {1..100}; do
				[[ $docs_command != *\>* ]] || break
				[ ! -s "$docs_out" ] || break
				sleep 0.1
			done
		fi
		cat "$docs_out" >>"$docs_work/printed"
		if [ "$docs_code" != "$docs_wanted" ]; then
			docs_complain "$docs_number" "exit code $docs_code, not $docs_wanted: $docs_command"
			sed 's/^/    /' "$docs_out" | head -n 30
		fi
		docs_command=
	done 9<"$1/text"
	[ -z "$docs_command" ] || docs_complain "$docs_number" "no whole command: $docs_command"
}

docs_check_output() {
	[ -e "$1/wanted" ] || return 0
	docs_mask "$1/wanted" >"$docs_work/wanted.masked"
	docs_mask "$docs_work/printed" >"$docs_work/printed.masked"
	docs_matches "$docs_work/wanted.masked" "$docs_work/printed.masked" && return
	docs_complain "$(<"$1/wanted_line")" "this is not what is printed (- the document, + the program):"
	diff -U 1000 "$docs_work/wanted.masked" "$docs_work/printed.masked" | sed -n '4,60s/^/    /p'
	grep -qx '\.\.\.' "$1/wanted" ||
		sed -e "s/\b$docs_port\b/8088/g" -e 's/[[:blank:]]*$//' "$docs_work/printed" \
			>"$docs_work/updates/$(<"$1/wanted_line")"
}

# shellcheck disable=SC2317 # it is reached by a trap
docs_end() {
	for docs_pid in "${docs_background[@]}"; do
		kill "$docs_pid" 2>/dev/null && wait "$docs_pid" 2>/dev/null
	done
	docs_background=()
	[ -z "$docs_work" ] || rm -rf "$docs_work"
}

docs_one() {
	local docs_step docs_sh=0 docs_files=0 docs_skipped=0 docs_outputs=0 docs_name

	docs_work=$(mktemp -d)
	docs_background=()
	docs_failed=
	trap docs_end EXIT
	trap 'exit 130' INT TERM
	# Four digits, as 8088 has, below what is given to who asks for any.
	docs_port=$((2000 + RANDOM % 7000))
	while (: >"/dev/tcp/127.0.0.1/$docs_port") 2>/dev/null; do
		docs_port=$((2000 + RANDOM % 7000))
	done
	mkdir -p "$docs_work/steps" "$docs_work/updates" "$docs_work/home" "$docs_work/checkout/build"
	docs_take_apart "$docs_document" "$docs_work/steps"
	export HOME=$docs_work/home XDG_CACHE_HOME=/dev/null # each try fetches
	cd "$docs_work/checkout" || exit 2
	ln -s "$docs_build/crawl" crawl
	ln -s "$docs_build/site" build/site
	cp -R "$docs_here/config" "$docs_here/contrib" .
	printf 'all deps build/site:\n' >Makefile

	for docs_step in "$docs_work"/steps/*/; do
		docs_step=${docs_step%/}
		docs_name=$(<"$docs_step/name")
		case $(<"$docs_step/kind") in
		sh)
			docs_run_commands "$docs_step"
			docs_check_output "$docs_step"
			docs_sh=$((docs_sh + 1))
			[ ! -e "$docs_step/wanted" ] || docs_outputs=$((docs_outputs + 1))
			;;
		file)
			mkdir -p "$(dirname "$docs_name")"
			sed "s/\b8088\b/$docs_port/g" "$docs_step/text" >"$docs_name"
			docs_files=$((docs_files + 1))
			;;
		skipped)
			docs_skipped=$((docs_skipped + 1))
			;;
		*)
			docs_complain "$(<"$docs_step/line")" "a block without a file's name in the line before"
			;;
		esac
	done
	cd / || exit 2
	echo "$docs_document: $docs_sh blocks of commands, $docs_outputs outputs, $docs_files files; not run: $docs_skipped"
	[ -z "${DOCS_UPDATE-}" ] || docs_update
	[ -z "$docs_failed" ]
}

docs_status=0
for docs_document in "$@"; do
	[[ $docs_document = /* ]] || docs_document=$PWD/$docs_document
	(docs_one) || docs_status=1
done
exit $docs_status
