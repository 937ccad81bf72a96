#!/bin/sh
# run.sh BUILD TEST...: run the test programs one after the other; every one runs, whatever fails.
# Each prints its own closing lines; the last line here sums up the programs.
build=$1
shift
export SITE="$build/site" CRAWL="$build/crawl"
unset CRAWL_CONFIG http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy

failed=
count=0
for test in "$@"; do
	echo "== ${test##*/}"
	count=$((count + 1))
	begin=$(date +%s)
	"$test" || failed="$failed ${test##*/}"
	echo "   ${test##*/}: $(($(date +%s) - begin)) s"
done
if [ -n "$failed" ]; then
	echo "of $count test programs these failed:$failed"
	exit 1
fi
echo "all $count test programs passed"
