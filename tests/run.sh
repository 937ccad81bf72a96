#!/bin/sh
# run.sh BUILD TEST...: run the test programs, as many at a time as there are CPUs (JOBS says
# otherwise), of those with a server, which wait most of their time, twice as many, and first; every
# one runs, whatever fails.  Each prints its own closing lines, and what it says
# stands together; the last line here sums up the programs.
build=$1
shift
export SITE="$build/site" CRAWL="$build/crawl"
unset CRAWL_CONFIG http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy

count=$#
said=$(mktemp -d) || exit 1
export said
trap 'rm -r "$said"' EXIT

# What a program says is shown when it is over.
run() {
	xargs -P "$1" -I TEST sh -c '
	name=${1##*/}
	begin=$(date +%s)
	"$1" >"$said/$name" 2>&1 </dev/null || echo "$name" >>"$said/failed"
	seconds=$(($(date +%s) - begin))
	flock "$said" sh -c "echo \"== $name\"; cat \"$said/$name\"; echo \"   $name: $seconds s\""
' sh TEST
}
jobs=${JOBS:-$(nproc)}
printf '%s\n' "$@" | grep '/postgres/' | run $((2 * jobs))
printf '%s\n' "$@" | grep -v '/postgres/' | run "$jobs"
grep -h '^not run: ' "$said"/* | sort -u
if [ -s "$said/failed" ]; then
	sort "$said/failed" | while read -r name; do # what went wrong, where a log is read from its end
		echo "== $name failed"
		grep -h -B 3 -E '^\[  FAILED  \]|[^ ]+:[0-9]+: error: |ERROR: |^==[0-9]+==' "$said/$name" | tail -n 40
	done
	echo "of $count test programs these failed: $(sort "$said/failed" | tr '\n' ' ')"
	exit 1
fi
echo "all $count test programs passed"
