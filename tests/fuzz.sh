#!/bin/sh
# Usage: tests/fuzz.sh BUILD SECONDS PROGRAM...
# Run each fuzzer for so long, two at a time, from what the tests' data has; a crash is kept and said.
# With FUZZ_RUNS in the environment each makes so many runs, the same ones every time.
build=$1 seconds=$2 fuzzed=$1
shift 2

. tests/fuzz-seeds.sh
make_seeds "$@"

run() {
	name=$(basename "$1")
	mkdir -p "$build/corpus/$name"
	# shellcheck disable=SC2046 # a folder, or none
	"$1" ${FUZZ_RUNS:+-seed=1 -runs="$FUZZ_RUNS"} -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10 -verbosity=0 -print_final_stats=1 \
		-artifact_prefix="$build/$name-" "$build/corpus/$name" $(seeds "$name") \
		>"$build/$name.log" 2>&1
	code=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")
	if [ $code -ne 0 ]; then
		tail -n 30 "$build/$name.log"
		echo "$name: failed after ${runs:-?} runs; the input is $build/$name-*" >"$build/$name.failed"
	fi
	echo "  FUZZ  $name: ${runs:-?} runs"
}

rm -f "$build"/fuzz_*.failed
while [ $# -gt 0 ]; do
	run "$1" &
	first=$!
	[ $# -gt 1 ] && run "$2" &
	wait $first $!
	[ $# -gt 1 ] && shift
	shift
done
if cat "$build"/fuzz_*.failed 2>/dev/null; then
	exit 1
fi
