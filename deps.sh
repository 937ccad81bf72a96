#!/bin/sh
# deps.sh PACKAGE...: install those Debian or Ubuntu packages that are missing; elsewhere, list them.
# It asks for rights only where something is missing.
set -eu

if ! command -v dpkg-query >/dev/null; then
	if command -v cc >/dev/null && command -v pkg-config >/dev/null &&
		pkg-config --exists libcurl libpcre2-8 sqlite3 yaml-0.1 uchardet libzstd cmocka; then
		exit 0
	fi
	echo "Install these first, under the names that your system gives them:" "$@" >&2
	exit 1
fi

missing=
for package in "$@"; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "  APT  $missing"
as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "Become root and run: apt-get install$missing" >&2
		exit 1
	}
	as_root=sudo
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086 # one word a package
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
