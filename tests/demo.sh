#!/bin/sh
# demo.sh BUILD: the main job on the demo site: start it, crawl the film board, show the rows, end it.
# The site answers for maoyan.com as a proxy does, so that config/ is used as it is; nothing leaves
# this machine.
set -eu
build=$1
work=$(mktemp -d)
site=
trap 'status=$?; [ -z "$site" ] || kill "$site" 2>/dev/null || true; rm -rf "$work"; exit $status' EXIT
trap 'exit 130' INT TERM

"$build/site" --port 0 --seconds 120 >"$work/address" &
site=$!
tries=0
while [ ! -s "$work/address" ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || { echo "the demo site did not start" >&2; exit 1; }
	sleep 0.1
done

for offset in 0 10 20 30 40 50 60 70 80 90; do
	echo "http://maoyan.com/board/4?offset=$offset"
done >"$work/urls.txt"

export CRAWL_PROXY="$(cat "$work/address")"
echo "\$ crawl urls.txt -c config --delay 20ms"
"$build/crawl" "$work/urls.txt" -c config --delay 20ms -o "$work/crawl.db"
echo
echo "\$ crawl sql 'SELECT \"index\", title, actor, time, score FROM maoyan_board ORDER BY \"index\" LIMIT 10'"
"$build/crawl" sql -o "$work/crawl.db" \
	'SELECT "index", title, actor, time, score FROM maoyan_board ORDER BY "index" LIMIT 10'
echo
echo "\$ crawl sql 'SELECT state, outcome, count(*) AS pages, sum(size) AS bytes FROM pages GROUP BY 1, 2'"
"$build/crawl" sql -o "$work/crawl.db" \
	'SELECT state, outcome, count(*) AS pages, sum(size) AS bytes FROM pages GROUP BY 1, 2'
