#!/bin/sh
# run.sh BUILD: what `make bench` does: install the peers that can be had, then measure.
# BENCH_ROUNDS (5) rounds; BENCH='board site' takes only the cases whose names begin so.
set -eu
build=$1
here=$(dirname "$0")
work=$build/bench
mkdir -p "$work"

# Needs no peer, and takes nginx and the documentation only if they are there.
[ "${BENCH:-}" != saturate ] || exec /usr/bin/python3 "$here/bench.py" "$build"

"$here/../.ci/deps" nginx-light python3 openssl
for peer in curl wget2 wrk python3-requests python3-scrapy; do
	"$here/../.ci/deps" "$peer" >"$work/install.log" 2>&1 || echo "skipped: $peer cannot be installed"
done

if ! command -v npm >/dev/null; then
	echo "skipped: Crawlee, for there is no npm"
elif [ ! -d "$work/node/node_modules/@crawlee/cheerio" ]; then
	npm install --silent --no-audit --no-fund --prefix "$work/node" @crawlee/cheerio \
		>"$work/install.log" 2>&1 || echo "skipped: Crawlee, npm cannot install it"
fi

# The documentation of Debian's Java: 10,136 linked pages, taken apart but not installed.
if [ ! -e "$work/docs/done" ]; then
	rm -rf "$work/docs" && mkdir "$work/docs"
	(cd "$work/docs" && apt-get download -q openjdk-17-doc >../install.log 2>&1 &&
		dpkg -x openjdk-17-doc_*.deb . && touch done) ||
		echo "skipped: the site, for openjdk-17-doc cannot be downloaded"
fi

exec /usr/bin/python3 "$here/bench.py" "$build"
