#!/bin/sh
# run.sh BUILD TEST...: run the test programs, as many at a time as there are CPUs (JOBS says
# otherwise); every one runs, whatever fails.  Each prints its own closing lines, and what it says
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
printf '%s\n' "$@" | xargs -P "${JOBS:-$(nproc)}" -I TEST sh -c '
	name=${1##*/}
	begin=$(date +%s)
	"$1" >"$said/$name" 2>&1 </dev/null || echo "$name" >>"$said/failed"
	seconds=$(($(date +%s) - begin))
	flock "$said" sh -c "echo \"== $name\"; cat \"$said/$name\"; echo \"   $name: $seconds s\""
' sh TEST
grep -h '^not run: ' "$said"/* | sort -u
if [ -s "$said/failed" ]; then
	echo "of $count test programs these failed: $(sort "$said/failed" | tr '\n' ' ')"
	exit 1
fi
echo "all $count test programs passed"
