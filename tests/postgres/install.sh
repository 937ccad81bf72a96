#!/bin/sh
# install.sh: a PostgreSQL server for the tests, which start and end their own; Debian's package would
# start one besides, and is told not to.
set -eu
for initdb in /usr/lib/postgresql/*/bin/initdb; do
	[ ! -x "$initdb" ] || exit 0
done
command -v dpkg >/dev/null || {
	echo "Install a PostgreSQL server (13 or newer), with initdb in your PATH" >&2
	exit 1
}
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
$as_root mkdir -p /etc/postgresql-common
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
	echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
echo "  APT   postgresql"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	-o Dpkg::Options::=--force-confold postgresql >/dev/null
