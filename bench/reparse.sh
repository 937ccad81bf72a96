#!/bin/sh
# reparse.sh BUILD [PAGES]: how fast `crawl reparse` runs one pattern on kept pages, as Markdown.
#
# The test site's film board, pages of 11 KB with 10 films, is crawled once; then the pattern changes,
# and its copy is parsed again, three times for each kind of change.  The middle one is shown.
build=$(cd "${1:?usage: reparse.sh BUILD [PAGES]}" && pwd)
pages=${2:-20000}
folder=$(mktemp -d)
trap 'kill $site 2>/dev/null; rm -r "$folder"' EXIT
cd "$folder" || exit 1

"$build/site" --port 0 --seconds 300 --die-with-parent >site.out &
site=$!
until [ -s site.out ]; do sleep 0.1; done
origin=$(grep -o 'http://[0-9.:]*' site.out | head -n 1)

# config PATTERN [MORE]: films, by rank and title.
config() {
	printf 'patterns:\n  - name: films\n    flags: s\n    pattern: |-\n      %s\n%s' "$1" "$2"
}
whole='<dd>.*?board-index.*?>(?<rank>\d+)<.*?title="(?<title>.*?)".*?star.*?>(?<actor>.*?)<'
n=0
while [ $n -lt "$pages" ]; do
	echo "$origin/board/$((n % 9 + 1))?offset=$((n % 10 * 10))&n=$n"
	n=$((n + 1))
done >list
config "$whole" >before.yaml
"$build/crawl" list -c before.yaml -o before.db --delay 0 --concurrency 64 --no-robots -q || exit 1
bytes=$("$build/crawl" sql -o before.db 'SELECT sum(size) FROM pages' --format csv | tail -n 1 | tr -d '\r')

# measure NAME CONFIG
measure() {
	for round in 1 2 3; do
		cp before.db copy.db
		start=$(date +%s%N)
		"$build/crawl" reparse -c "$2" -o copy.db --json >said || exit 1
		echo $((($(date +%s%N) - start) / 1000000))
	done | sort -n | sed -n 2p >ms
	echo "| $1 | $(cat ms) ms | $((bytes / 1000 / $(cat ms))) MB/s |"
}

echo "| $pages pages, $((bytes / 1000000)) MB: what changes | time | |"
echo '| --- | ---: | ---: |'
config "$whole" '    fields: {actor: {clean: trim}}' >trim.yaml
measure 'one field of 10 rows a page' trim.yaml
config "$whole" '    key: [title]' >key.yaml
measure 'a key comes: few rows are left' key.yaml
config 'no such (?<rank>thing)' >none.yaml
measure 'nothing matches any more' none.yaml
config "$whole" '    url: nowhere' >nowhere.yaml
measure 'its url is for no page any more' nowhere.yaml
config "$whole" '    fields: {rank: {type: integer}}' >type.yaml
measure 'a type: the table is copied first' type.yaml
