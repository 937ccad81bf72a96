# What a fuzzer begins with, tests/fuzz.sh and tests/fuzz-cover.sh: folders of the tests' data, and
# the strings of their tables, which are written to $fuzzed/seeds.
seeds() {
	echo "$fuzzed/seeds/$1"
	case $1 in
	fuzz_robots) echo tests/data/robots ;;
	fuzz_sitemap) echo tests/data/sitemap ;;
	fuzz_links) echo tests/data/links/hostile ;;
	fuzz_form) echo tests/data/forms ;;
	fuzz_yaml) echo tests/data/config ;;
	fuzz_request) echo tests/data/requests ;;
	esac
}

make_seeds() {
	for program in "$@"; do mkdir -p "$fuzzed/seeds/$(basename "$program")"; done
	/usr/bin/python3 tests/fuzz-seeds.py "$fuzzed/seeds" ||
		echo "  FUZZ  without the strings of the tests' tables"
}
