"""What several machines on one PostgreSQL cost: postgres.py BUILD [store] [board] [web] [line] [snapshot].

A server of its own is started, on a Unix socket, and ended; server and nodes share this machine.
`store`: what a page costs the server, without a crawl around it. `board`: 20,000 pages of nginx,
into a file and into the server. `web`: many hosts that take 50 ms a page, one node and four.
`line`: the same pages with 20 ms to the server, each way. `snapshot`: somebody reads for a minute.
"""
import contextlib
import glob
import json
import os
import pwd
import statistics
import subprocess
import sys
import tempfile
import time

from server import BOARD_PAGES, Nginx

STORE_S = 8
ROUNDS = int(os.environ.get('BENCH_ROUNDS') or 3)
TICKS_US = 1_000_000 / os.sysconf('SC_CLK_TCK')
SETTINGS = ['shared_buffers=1GB', 'max_wal_size=8GB', 'checkpoint_timeout=30min', 'max_connections=100', 'listen_addresses=']
SHARES = 4096


def programs():
    found = sorted(glob.glob('/usr/lib/postgresql/*/bin'), key=lambda path: int(path.split('/')[4]))
    if not found:
        sys.exit('not run: there is no PostgreSQL server')
    return found[-1]


def as_server(command):
    """It does not run as root."""
    if os.geteuid() != 0:
        return command
    return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] + command


class Server:
    def __init__(self, settings=()):
        self.bin = programs()
        self.settings = [*SETTINGS, *settings]

    def __enter__(self):
        self.work = tempfile.TemporaryDirectory(prefix='crawl-bench-pg-')
        self.folder = self.work.name
        if os.geteuid() == 0:
            user = pwd.getpwnam('postgres')
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        os.chmod(self.folder, 0o755)
        subprocess.run(as_server([f'{self.bin}/initdb', '-N', '-A', 'trust', '-U', 'crawl', '--no-locale', '-E', 'UTF8',
                                  '-D', f'{self.folder}/data']), check=True, stdout=subprocess.DEVNULL)
        options = [word for setting in self.settings for word in ('-c', setting)]
        self.log = open(f'{self.folder}/log', 'wb')
        self.process = subprocess.Popen(as_server([f'{self.bin}/postgres', '-D', f'{self.folder}/data', '-c',
                                                   f'unix_socket_directories={self.folder}', *options]),
                                        stdout=self.log, stderr=self.log)
        while subprocess.run(['psql', '-h', self.folder, '-U', 'crawl', 'postgres', '-c', 'SELECT 1'],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode != 0:
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.send_signal(2)  # fast: whoever is connected is not waited for
        self.process.wait()
        self.log.close()
        self.work.cleanup()

    def uri(self, schema, folder=None):
        return f'postgresql://crawl@/postgres?host={folder or self.folder}&schema={schema}'

    def ask(self, sql, schema='public'):
        return subprocess.run(['psql', '-h', self.folder, '-U', 'crawl', '-qAtX', 'postgres', '-c',
                               f"SET search_path = {schema}; SET client_min_messages = warning", '-c', sql], check=True, stdout=subprocess.PIPE).stdout.decode().strip()

    def wal(self):
        return int(self.ask("SELECT pg_current_wal_insert_lsn() - '0/0'"))

    def cpu_us(self):
        """Of all its processes, those that have ended too."""
        total = 0
        for path in glob.glob('/proc/[0-9]*/stat'):
            try:
                with open(path, encoding='utf-8', errors='replace') as stat:
                    fields = stat.read().rpartition(')')[2].split()
            except OSError:
                continue
            pid, parent = int(path.split('/')[2]), int(fields[1])
            if pid == self.process.pid:
                total += sum(int(ticks) for ticks in fields[11:15])
            elif parent == self.process.pid:
                total += int(fields[11]) + int(fields[12])
        return total * TICKS_US


# ---- the store alone ----

def add_known(server, schema, count):
    """URLs that have been read, evenly over all shares, as the schema has them."""
    each = count // SHARES
    server.ask(f"INSERT INTO hosts (id, origin) SELECT (s::bigint << 32) | 1, 'http://host-of-' || s || '.example'"
               f" FROM generate_series(0, {SHARES - 1}) s", schema)
    server.ask(f"INSERT INTO urls (id, host_id, root, lane, depth, kind, url) SELECT (s::bigint << 32) | n, (s::bigint << 32) | 1,"
               f" (s::bigint << 32) | n, 1, 3, 0, 'http://host-of-' || s || '.example/some/folder/page-' || n || '.html'"
               f" FROM generate_series(0, {SHARES - 1}) s, generate_series(1, {each}) n", schema)
    server.ask("INSERT INTO results (url_id, pass, tries, state, outcome) SELECT id, 1, 1, 1, 'ok' FROM urls", schema)
    for table in ('hosts', 'urls', 'results'):  # not while it is measured
        server.ask(f'VACUUM (FREEZE, ANALYZE) {table}', schema)


def make_schema(server, build, schema, has_key=False):
    """By a node that writes nothing."""
    with subprocess.Popen([f'{build}/bench/pg_store', '-s', '0', *['-k'] * has_key, server.uri(schema)], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL) as node:
        node.communicate(b'go\n')


def store_round(server, build, schema, nodes, has_key=False, folder=None):
    command = [f'{build}/bench/pg_store', '-s', str(STORE_S), '-f', '1' if nodes > 1 else '0', '-l', '4' if nodes > 1 else '5',
               *['-k'] * has_key, server.uri(schema, folder)]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(nodes)]
    for node in started:
        node.stdout.readline()
    while int(server.ask(f'SELECT count(DISTINCT node) FROM crawl_shares WHERE node IS NOT NULL', schema)) < nodes:
        time.sleep(0.1)
    time.sleep(1)
    wal, cpu = server.wal(), server.cpu_us()
    for node in started:
        node.stdin.write('go\n')
        node.stdin.flush()
    figures = [json.loads(node.stdout.readline()) for node in started]
    wal, cpu = server.wal() - wal, server.cpu_us() - cpu
    for node in started:
        node.stdin.close()
        node.wait()
        node.stdout.close()
    pages = sum(of['pages'] for of in figures)
    return {'rate': sum(of['pages'] / of['seconds'] for of in figures), 'wal': wal / pages, 'cpu': cpu / pages,
            'client': statistics.mean(of['client_us'] for of in figures)}


def show_rounds(title, rounds):
    middle = {name: statistics.median(of[name] for of in rounds) for name in rounds[0]}
    print(f'{title}: {middle["rate"]:,.0f} pages/s ({min(of["rate"] for of in rounds):,.0f}-{max(of["rate"] for of in rounds):,.0f}),'
          f' WAL {middle["wal"]:,.0f} bytes, server {middle["cpu"]:.0f} us ({min(of["cpu"] for of in rounds):.0f}-'
          f'{max(of["cpu"] for of in rounds):.0f}), client {middle["client"]:.1f} us a page', flush=True)


def store(build):
    """Each schema twice: behind a checkpoint, when each page of an index is written whole at its first change, and then."""
    for known, has_key in ((0, False), (400_000, False), (400_000, True), (4_000_000, False)):
        with Server() as server:
            for nodes in (1, 4):
                first, then = [], []
                for number in range(ROUNDS):
                    schema = f'store_{nodes}_{number}'
                    make_schema(server, build, schema, has_key)
                    if known:
                        add_known(server, schema, known)
                    server.ask('CHECKPOINT')
                    first.append(store_round(server, build, schema, nodes, has_key))
                    then.append(store_round(server, build, schema, nodes, has_key))
                    server.ask(f'DROP SCHEMA {schema} CASCADE')
                title = f'store, {known:,} URLs known, rows with{"" if has_key else "out"} a key, {nodes} nodes'
                show_rounds(f'{title}, behind a checkpoint', first)
                show_rounds(f'{title}, {STORE_S} s later', then)


# ---- whole crawls ----

def crawl(build, where, *words, ok=(0,)):
    """Seconds."""
    begun = time.monotonic()
    run = subprocess.run([f'{build}/crawl', *words, '-o', where, '-q'], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if run.returncode not in ok:
        sys.exit(f'crawl ended with {run.returncode}: {run.stderr.decode()[-500:]}')
    return time.monotonic() - begun


def board(build):
    work = f'{build}/bench'
    os.makedirs(work, exist_ok=True)
    with Nginx(work) as nginx, Server() as server, tempfile.TemporaryDirectory(dir=work) as here:
        with open(f'{here}/list', 'w', encoding='utf-8') as lines:
            lines.writelines(nginx.url(f'board/{number}.html') + '\n' for number in range(BOARD_PAGES))
        words = [f'{here}/list', '-c', 'bench/bench.yaml', '--delay', '0', '--concurrency', '64', '-j', '2', '--set', 'robots=false']
        files, servers = [], []
        for number in range(ROUNDS):
            files.append(BOARD_PAGES / crawl(build, f'{here}/{number}.db', *words))
            servers.append(BOARD_PAGES / crawl(build, server.uri(f'board_{number}'), *words))
        ratio = statistics.median(one / other for one, other in zip(servers, files))
        print(f'board of {BOARD_PAGES:,} pages: file {statistics.median(files):,.0f} pages/s, server {statistics.median(servers):,.0f}:'
              f' {ratio:.2f} of it', flush=True)


class Site:
    """Many hosts that take their time."""

    def __init__(self, build, hosts, pages, wait_ms):
        self.command = [f'{build}/site', '--die-with-parent', '--addresses', str(hosts), '--web-wait', str(wait_ms), '--seconds', '3600']
        self.hosts, self.pages = hosts, pages

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().decode().strip().rstrip('/').rsplit(':', 1)[1])
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def write_list(self, path, pages=None):
        """Only plain pages: each is asked for once."""
        with open(path, 'w', encoding='utf-8') as lines:
            for host in range(1, self.hosts + 1):
                for page in range(pages or self.pages):
                    lines.write(f'http://127.0.{host >> 8}.{host & 255}:{self.port}/web/{self.hosts}/100000/{page * 20}\n')


WEB = ['-c', 'bench/nothing.yaml', '--delay', '0', '-j', '1', '--window', '16', '--set', 'robots=false']


def together(build, server, schema, nodes, words, folder=None, ok=(0,)):
    """Pages a second of so many nodes, from when a fifth of the pages was there until four fifths were."""
    command = [f'{build}/crawl', *words, '-o', server.uri(schema, folder), '-q']
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(nodes)]
    for node in running:
        if node.wait() not in ok:
            sys.exit(f'a node ended with {node.returncode}')
    return float(server.ask("SELECT 0.6 * count(*) / extract(epoch FROM percentile_disc(0.8) WITHIN GROUP (ORDER BY fetched_at::timestamptz)"
                            " - percentile_disc(0.2) WITHIN GROUP (ORDER BY fetched_at::timestamptz)) FROM results", schema))


def web(build):
    """16 at a time a node, each 50 ms: 320 pages/s a node at most."""
    hosts, pages = 400, 30
    with Site(build, hosts, pages, 50) as site, Server() as server, tempfile.TemporaryDirectory() as here:
        site.write_list(f'{here}/list')
        ratios = []
        for number in range(ROUNDS):
            one, four = (together(build, server, f'web_{number}_{nodes}', nodes, [f'{here}/list', *WEB, '--concurrency', '16'])
                         for nodes in (1, 4))
            ratios.append(four / one)
            print(f'web of 50 ms: one node {one:,.0f} pages/s, four {four:,.0f}: {four / one:.2f} times', flush=True)
        print(f'web of 50 ms: four nodes are {statistics.median(ratios):.2f} times one', flush=True)


class Relay:
    """A line to the server that takes its time, each way."""

    def __init__(self, build, folder, server, delay_ms):
        self.command = [f'{build}/bench/pg_relay', f'{folder}/.s.PGSQL.5432', f'{server.folder}/.s.PGSQL.5432', str(delay_ms)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def line(build):
    """5,000 pages of 50 ms by the whole command, which makes the schema, too, 16 or 64 at a time; and the store alone."""
    hosts, pages = 50, 100
    with Site(build, hosts, pages, 50) as site, Server() as server, tempfile.TemporaryDirectory() as here, \
            Relay(build, here, server, 20):
        site.write_list(f'{here}/list')
        for window in (16, 64):
            words = [f'{here}/list', *WEB, '--window', str(window), '--concurrency', '16']
            ratios = []
            for number in range(ROUNDS):
                near, far = (crawl(build, server.uri(f'{name}_{window}_{number}', folder), *words)
                             for name, folder in (('near', None), ('far', here)))
                ratios.append(far / near)
            print(f'{hosts * pages:,} pages, {window} at a time: {near:.1f} s; with 20 ms to the server, each way, {far:.1f} s:'
                  f' {statistics.median(ratios):.2f} times', flush=True)
        for nodes in (1, 4):
            for name, folder in (('near', None), ('far', here)):
                schema = f'store_{name}_{nodes}'
                make_schema(server, build, schema)
                show_rounds(f'store, {nodes} nodes, {"20 ms" if folder else "0 ms"} to the server, each way',
                            [store_round(server, build, schema, nodes, folder=folder) for _ in range(ROUNDS)])


def snapshot(build):
    """The same load with and without somebody who holds a snapshot."""
    with Server() as server:
        figures = {}
        for is_held in (False, True):
            schema = f'snapshot_{is_held}'.lower()
            make_schema(server, build, schema)
            reader = subprocess.Popen(['psql', '-h', server.folder, '-U', 'crawl', '-qX', 'postgres'], stdin=subprocess.PIPE,
                                      stdout=subprocess.DEVNULL) if is_held else None
            if reader:
                reader.stdin.write(b'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class;\n')
                reader.stdin.flush()
                time.sleep(1)
            rounds = [store_round(server, build, schema, 4) for _ in range(60 // STORE_S)]
            figures[is_held] = [of['cpu'] for of in rounds]
            if reader:
                reader.stdin.close()
                reader.wait()
            print(f'four nodes, {60 // STORE_S} times {STORE_S} s, {"a" if is_held else "no"} snapshot held: server '
                  + ', '.join(f'{of["cpu"]:.0f}' for of in rounds) + ' us a page', flush=True)
        print(f'with a snapshot held: {statistics.median(figures[True][-3:]) / statistics.median(figures[False][-3:]):.2f} times'
              ' the CPU, at the end', flush=True)


PARTS = {'store': store, 'board': board, 'web': web, 'line': line, 'snapshot': snapshot}


def main():
    build, *wanted = sys.argv[1:]
    for name in wanted or PARTS:
        PARTS[name](build)


if __name__ == '__main__':
    main()
