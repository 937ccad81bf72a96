#!/bin/sh
# install.sh: what run.sh takes: a browser, node and npm, as Debian has them, where there is none; and the
# packages of package-lock.json, into node_modules.  Scripts of packages do not run, no browser is loaded.
set -eu
cd "$(dirname "$0")"

missing=
command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
	command -v google-chrome >/dev/null || missing="$missing chromium"
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"
# shellcheck disable=SC2086 # one word a package
[ -z "$missing" ] || ../../.ci/deps 'crawl-look' $missing
timeout 300 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
