#!/bin/sh
# demo.sh BUILD: the main job on the demo site: start it, crawl the film board into demo.db, show the
# rows, end it.  The site answers for maoyan.com as a proxy does, so that config/ is used as it is;
# nothing leaves this machine.
set -eu
build=$1
work=$(mktemp -d)
site=
trap 'status=$?; [ -z "$site" ] || kill "$site" 2>/dev/null || true; rm -rf "$work"; exit $status' EXIT
trap 'exit 130' INT TERM

# The demo is the same whatever is set outside.
for name in $(env | sed -n 's/^\(CRAWL_[A-Z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done

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

echo "\$ crawl urls.txt -c config/maoyan.yaml -o demo.db --fresh --delay 20ms"
"$build/crawl" "$work/urls.txt" -c config/maoyan.yaml -o demo.db --fresh --delay 20ms \
	--proxy "$(cat "$work/address")"
echo
echo "\$ crawl sql -o demo.db 'SELECT \"index\", title, actor, time, score FROM maoyan_board ORDER BY \"index\" LIMIT 10'"
"$build/crawl" sql -o demo.db \
	'SELECT "index", title, actor, time, score FROM maoyan_board ORDER BY "index" LIMIT 10'

# What is said to be typed next has been tried; it needs no site.
echo
echo "demo.db stays.  Three more to type:"
while read -r command; do
	sh -c "$command" >/dev/null
	echo "  $command"
done <<'END'
./crawl status -o demo.db
./crawl export maoyan_board -o demo.db --format jsonl
./crawl body 'http://maoyan.com/board/4?offset=0' -o demo.db
END
