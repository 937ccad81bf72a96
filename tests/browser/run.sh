#!/bin/sh
# run.sh BUILD: the tests in a browser, where there is one; its last line says what was run, or was not.
#
# They take chromium (CHROMIUM names another), node 18 or newer, and the packages of package-lock.json:
# `make deps-look` installs all three.  LOOK_REQUIRED=1: not to find them is a failure.  What was seen is
# kept in BUILD/look.  Nothing but loopback addresses is asked.  CHROMIUM_SANDBOX=0: no sandbox, for
# containers that allow none to other users than root; root has none.
set -u
build=$1
here=$(dirname "$0")
seconds=600

not_run() {
	echo "not run: the tests in a browser ($1; 'make deps-look' installs what they take)"
	exit "${LOOK_REQUIRED:-0}"
}
for name in chromium chromium-browser google-chrome; do
	CHROMIUM=${CHROMIUM:-$(command -v $name)}
done
[ -n "$CHROMIUM" ] || not_run "no chromium"
command -v node >/dev/null || not_run "no node"
node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' || not_run "node is older than 18"
{ [ -d "$here/node_modules/playwright-core" ] && [ -d "$here/node_modules/axe-core" ]; } ||
	not_run "no node_modules"

unset CRAWL_CONFIG http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
export CHROMIUM BUILD="$build" LOOK="$build/look"
mkdir -p "$LOOK"
rm -f "$LOOK"/*.png
begin=$(date +%s)
said=$(mktemp)
trap 'rm -f "$said"' EXIT
echo "== browser"
timeout --kill-after=20 "$seconds" node --test-reporter=spec "$here/test.mjs" >"$said" 2>&1 || {
	code=$?
	cat "$said"
	[ $code != 124 ] || echo "it took more than $seconds s"
	echo "of the tests in a browser some failed; what was seen: $LOOK"
	exit 1
}
echo "all $(grep -c '^✔' "$said") tests in a browser passed in $(($(date +%s) - begin)) s; what was seen: $LOOK"
