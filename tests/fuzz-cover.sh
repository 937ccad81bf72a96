#!/bin/sh
# Usage: tests/fuzz-cover.sh FUZZED BUILD PROGRAM...
# Run what `make fuzz` has found, in FUZZED/corpus, through programs built to count lines, and say
# how many of each parser they reach.  Without a corpus there are only the tests' data.
fuzzed=$1 build=$2
shift 2
. tests/fuzz-seeds.sh
make_seeds "$@"

rm -f "$build"/*.profraw
for program in "$@"; do
	name=$(basename "$program")
	mkdir -p "$fuzzed/corpus/$name"
	# shellcheck disable=SC2046 # a folder, or none
	LLVM_PROFILE_FILE="$build/$name.profraw" "$program" -runs=0 -rss_limit_mb=2048 -verbosity=0 \
		"$fuzzed/corpus/$name" $(seeds "$name") >"$build/$name.log" 2>&1 || { cat "$build/$name.log"; exit 1; }
done
llvm-profdata merge -o "$build/all.profdata" "$build"/*.profraw || exit 1
first=$1
shift
# shellcheck disable=SC2046 # many words
llvm-cov export -summary-only -instr-profile "$build/all.profdata" "$first" $(printf -- '-object %s ' "$@") >"$build/lines.json" || exit 1
/usr/bin/python3 - "$build/lines.json" <<'END'
import json, os, sys
rooms = {}
for file in json.load(open(sys.argv[1]))["data"][0]["files"]:
    name, lines = os.path.relpath(file["filename"]), file["summary"]["lines"]
    if name.endswith(".c") and lines["covered"] > 0 and not name.startswith("tests/"):
        room = rooms.setdefault(os.path.dirname(name), [0, 0, []])
        room[0] += lines["covered"]
        room[1] += lines["count"]
        room[2].append((os.path.basename(name), lines["covered"], lines["count"]))
for room, (covered, count, files) in sorted(rooms.items()):
    print(f"{room}: {covered} of {count} lines, {100 * covered // count} %")
    for name, covered, count in sorted(files):
        print(f"    {100 * covered // count:3} %  {name}, {count - covered} of {count} not reached")
END
