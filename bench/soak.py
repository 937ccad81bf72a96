"""soak.py BUILD: a hostile world and a large site in one crawl, for SOAK_SECONDS (3600).

Every answer of tests/data/hostile (550; those of HTTP also behind a good page of the same connection) is asked for again
and again under ever new URLs, some ten seconds a round, besides the test site on eight addresses, 200 pages a second in all:
four that answer at once, 100,000 pages each by links, and four that are 20 ms away, by a list. Four workers. A control,
the same site and load in a crawl of its own, runs beside it.

* Most URLs are a list, and the site's are all linked by its first twentieth: nothing is new to the second half, and
  what the master still grows then is nobody's. (New URLs are counted all the same, and their bytes are taken off.)
* Memory (private pages, data segment) is flat if the last tenth of the second half has less than 2 % more than its first
  tenth, or less than 1 MiB.
  Descriptors are if there are never more than in the first half.
* The p99 is that of results.elapsed_us, and may be 1.2 of the control's where the site is 20 ms away. Where it is not,
  an answer takes 0.2 ms, and p99 is who had to wait for a core, or for a handshake of the same worker: that is told and
  not judged. The control of the hour shares its machine, so that hostile work slows both; SOAK_PAIRS (6) pairs of
  SOAK_PAIR_SECONDS (120) come first, in which crawl and control take turns: they compare two moments of the machine, so
  that it should have nothing else to do, and are told, not judged.
* No hostile answer is taken for a page, and no worker dies.

Samples stand in BUILD/bench/soak-*.tsv. Exit code 1 if one of that is not so.
"""
import collections
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import hostile
import watch
from server import Site, make_certificate

WORKERS = 4
SITE_DELAY_MS = 40
NEAR, FAR = range(1, 5), range(5, 9)   # the last numbers of the site's addresses
FAR_MS = 20
ROUND_S, HTTP_DELAY_MS, PORT_DELAYS_MS = 10, 160, (5000, 15000)   # uneven: not all at one moment
SAMPLE_S = 2
WARM_S = 30            # of which no times are taken: all hosts are due at the start, and go apart by and by
RATIO_MAX = 1.2
FLAT_PART, FLAT_KB = 0.02, 1024
BYTES_A_URL = 23 + 8   # docs/architecture.md, Memory: known, and waiting
LATE_S = 30            # behind --max-time

CONFIG = '''follow:
  - link: '^http://127[.]0[.]0[.][1-4]:\\d+/page/\\d{{1,5}}$'
    depth: 1000
hosts:
{hosts}  - match: '127.0.1.*'
    delay: {http}ms
{ports}crawl: {{concurrency: 1, timeout: 2s, max_body: 256KiB, retries: 1, host_failures: 0, robots: false, ca_file: {ca}}}
'''


# ---- what is served ----

class Hostile:
    """bench/hostile.py, and the list of URLs that asks for all it has."""

    def __init__(self, work):
        here = os.path.dirname(os.path.abspath(__file__))
        self.command = ['/usr/bin/python3', f'{here}/hostile.py', f'{work}/tls/cert.pem', f'{work}/tls/key.pem']
        self.rows = {kind: hostile.read_table(kind) for kind in ('http', 'tls', 'https', 'http2')}

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ports = json.loads(self.process.stdout.readline())
        self.by_port = {port: row for kind in ('tls', 'https', 'http2') for port, row in zip(self.ports[kind], self.rows[kind])}
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def urls(self, seconds):
        """Enough for so long; the faster a host is asked, the more of it."""
        for number in range(seconds // ROUND_S + 2):
            for row in range(len(self.rows['http'])):
                origin = f'http://{hostile.ADDRESSES[row % len(hostile.ADDRESSES)]}:{self.ports["http"]}'
                for kind in ('alone', 'good', 'kept'):
                    yield f'{origin}/{kind}/{row}/{number}'
        for port, delay_ms in self.port_delays():
            for number in range(seconds * 1000 // delay_ms + 2):
                yield f'https://127.0.0.1:{port}/{number}'

    def port_delays(self):
        first, last = PORT_DELAYS_MS
        return [(port, first + (last - first) * i // len(self.by_port)) for i, port in enumerate(self.by_port)]

    def row_of(self, url):
        """None of a good page."""
        authority, kind, number = (url.split('/') + [''])[2:5]
        if url.startswith('https:'):
            return self.by_port[int(authority.rsplit(':', 1)[1])]
        return None if kind == 'good' else self.rows['http'][int(number)]


def origins(site, numbers):
    return tuple(f'http://127.0.0.{number}:{site.port}/' for number in numbers)


# ---- a crawl ----

class Crawl:
    """One run, in a folder of its own, of the site and perhaps of the hostile list."""

    def __init__(self, build, folder, site, foe, seconds):
        os.makedirs(folder)
        self.database, self.log, self.seconds = f'{folder}/crawl.db', f'{folder}/log', seconds
        self.near, self.far, self.foe = origins(site, NEAR), origins(site, FAR), foe
        hosts = ''.join(f"  - match: '{origin[:-1]}'\n    delay: {SITE_DELAY_MS}ms\n    concurrency: 2\n"
                        for origin in self.near + self.far)
        uneven = ''.join(f"  - match: 'https://127.0.0.1:{port}'\n    delay: {delay_ms}ms\n"
                         for port, delay_ms in (foe.port_delays() if foe else []))
        with open(f'{folder}/crawl.yaml', 'w', encoding='utf-8') as file:
            file.write(CONFIG.format(hosts=hosts, http=HTTP_DELAY_MS, ports=uneven,
                                     ca=os.path.abspath(f'{build}/bench/tls/cert.pem')))
        with open(f'{folder}/list', 'w', encoding='utf-8') as file:
            file.writelines(f'{origin}page/0\n' for origin in self.near)
            for number in range(seconds * 1000 // SITE_DELAY_MS):
                file.writelines(f'{origin}delay/{FAR_MS}/page/{number}\n' for origin in self.far)
            file.writelines(f'{url}\n' for url in (foe.urls(seconds) if foe else []))
        self.command = [f'{build}/crawl', 'run', '-o', self.database, '-c', f'{folder}/crawl.yaml', '-j', str(WORKERS),
                        '--max-time', f'{seconds}s', f'{folder}/list']
        self.known = []    # URLs, at half time and at the end

    def __enter__(self):
        with open(self.log, 'w', encoding='utf-8') as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        self.watch = watch.Watch(self.process.pid)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def ask(self, question, *values):
        database = sqlite3.connect(f'file:{self.database}?mode=ro', uri=True)
        try:
            return database.execute(question, values).fetchall()
        finally:
            database.close()

    def step(self):
        """A sample. Returns whether it still runs."""
        if self.process.poll() is not None:
            return False
        self.watch.sample()
        if not self.known and time.monotonic() - self.watch.began > self.seconds / 2:
            self.known += self.ask('SELECT count(*) FROM urls')[0]
        return time.monotonic() - self.watch.began < self.seconds + LATE_S

    def times(self, where):
        """Of each minute, what each answer of the site took, in ms; where: near or far."""
        minutes = collections.defaultdict(list)
        for minute, ms, url in self.ask("SELECT substr(fetched_at, 1, 16), elapsed_ms, url FROM pages WHERE outcome = 'ok' AND"
                                        " julianday(fetched_at) > (SELECT julianday(min(started_at)) FROM runs) + ? / 86400.0",
                                        WARM_S):
            if url.startswith(where):
                minutes[minute].append(ms)
        return minutes

    def deaths(self):
        with open(self.log, encoding='utf-8') as log:
            return sum('worker_exit' in line for line in log)


def run(crawls, sample_s=SAMPLE_S):
    """Until the last of them has ended."""
    while any([crawl.step() for crawl in crawls]):
        time.sleep(sample_s)
    for crawl in crawls:
        crawl.known += crawl.ask('SELECT count(*) FROM urls')[0]


# ---- figures ----

def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def whole(minutes):
    return [ms for minute in minutes.values() for ms in minute]


def minute_ratios(one, other):
    full = [minute for minute in one if min(len(one[minute]), len(other.get(minute, ()))) >= 1000]
    return [percentile(one[minute], 0.99) / percentile(other[minute], 0.99) for minute in full]


class Verdict:
    def __init__(self):
        self.is_good = True

    def say(self, text, is_so=True):
        print(text if is_so else f'{text}   <- NOT SO', flush=True)
        self.is_good &= is_so


def judge_memory(verdict, who, samples, name, new_urls):
    first, second = watch.half(samples, 1), watch.half(samples, 2)
    start = statistics.median(one[name] for one in second[:max(1, len(second) // 10)])
    grown = [watch.growth(samples_of, name) for samples_of in (first, second)]
    known = new_urls * BYTES_A_URL / 1024
    verdict.say(f'{who}, {name}: {start:,.0f} at half time; {grown[0]:+,.0f} in the first half, {grown[1]:+,.0f} in the second'
                f' ({new_urls:,} new URLs: {known:,.0f})', grown[1] - known <= max(FLAT_KB, FLAT_PART * start))


def judge_files(verdict, who, samples, spare):
    first, second = ([one['files'] for one in watch.half(samples, number)] for number in (1, 2))
    verdict.say(f'{who}, descriptors: {min(first)}-{max(first)}, median {statistics.median(first):.0f} in the first half;'
                f' {min(second)}-{max(second)}, median {statistics.median(second):.0f} in the second',
                max(second) <= max(first) + spare)


def judge_flat(verdict, who, crawl):
    new_urls = crawl.known[-1] - crawl.known[0]
    for name in ('anon_kb', 'data_kb'):
        judge_memory(verdict, f'{who}: master', crawl.watch.master, name, new_urls)
    judge_files(verdict, f'{who}: master', crawl.watch.master, 0)
    judge_memory(verdict, f'{who}: workers together', crawl.watch.workers, 'anon_kb', 0)
    judge_files(verdict, f'{who}: workers together', crawl.watch.workers, 4 * WORKERS)


def judge_outcomes(verdict, crawl):
    """What became of each hostile answer, against its table."""
    outcomes, odd, false_pages = collections.Counter(), collections.Counter(), []
    asked = crawl.ask("SELECT url, outcome, size, title FROM pages WHERE state IN ('done', 'failed')")
    for url, outcome, size, title in asked:
        if url.startswith(crawl.near + crawl.far):
            outcomes[f'site: {outcome}'] += 1
            continue
        row = crawl.foe.row_of(url)
        outcomes[outcome] += 1
        if row and not row.fits(outcome, size, title):
            odd[f'{row.name}: {outcome} instead of {row.wanted}'] += 1
            false_pages += [url] if outcome == 'ok' else []
    verdict.say('outcomes: ' + ', '.join(f'{count:,} {name}' for name, count in outcomes.most_common()))
    verdict.say(f'hostile answers that are another page than they may be: {len(false_pages)} {false_pages[:3]}', not false_pages)
    verdict.say(f'another failure than the table has: {sum(odd.values()):,} of {sum(outcomes.values()):,}')
    for what, count in odd.most_common(12):
        verdict.say(f'    {count:6,} {what}')


def judge_times(verdict, place, minutes, is_judged):
    """minutes: of the crawl and of its control."""
    times = [whole(of) for of in minutes]
    p50s, p99s = ([percentile(of, part) for of in times] for part in (0.5, 0.99))
    for who, of, p50, p99 in zip(('crawl', 'control'), times, p50s, p99s):
        verdict.say(f'{place}, {who}: {len(of):,} pages; p50 {p50:.2f} ms, p99 {p99:.2f} ms')
    ratios = minute_ratios(*minutes)
    if ratios:
        verdict.say(f'{place}, minute by minute: p99 is {statistics.median(ratios):.2f} of the control\'s in the middle'
                    f' ({min(ratios):.2f}-{max(ratios):.2f}, {len(ratios)} minutes)')
    verdict.say(f'{place}, all: p99 is {p99s[0] / p99s[1]:.2f} of the control\'s', p99s[0] / p99s[1] <= RATIO_MAX or not is_judged)


# ---- the parts ----

def judge_run(verdict, build, name, crawl):
    watch.write(crawl.watch.master, f'{build}/bench/soak-{name}-master.tsv')
    watch.write(crawl.watch.workers, f'{build}/bench/soak-{name}-workers.tsv')
    judge_flat(verdict, name, crawl)
    verdict.say(f'{name}: {crawl.known[-1]:,} URLs known; {len(crawl.watch.seen)} workers seen, {crawl.deaths()} deaths;'
                f' exit code {crawl.process.returncode}', len(crawl.watch.seen) == WORKERS and crawl.deaths() == 0)


def serve_site(build, seconds):
    return Site(build, FAR[-1], seconds + 600)


def hour(verdict, build, work, seconds):
    with serve_site(build, seconds) as site, serve_site(build, seconds) as other, Hostile(f'{build}/bench') as foe, \
            Crawl(build, f'{work}/crawl', site, foe, seconds) as crawl, \
            Crawl(build, f'{work}/control', other, None, seconds) as control:
        run([crawl, control])
        judge_run(verdict, build, 'crawl', crawl)
        judge_run(verdict, build, 'control', control)
        judge_outcomes(verdict, crawl)
        judge_times(verdict, '20 ms away', (crawl.times(crawl.far), control.times(control.far)), True)
        judge_times(verdict, 'at once', (crawl.times(crawl.near), control.times(control.near)), False)


def one_of_pair(build, folder, is_mixed, seconds):
    """What its answers took, far and near."""
    with serve_site(build, seconds) as site, Hostile(f'{build}/bench') as foe, \
            Crawl(build, folder, site, foe if is_mixed else None, seconds) as crawl:
        run([crawl])
        return [percentile(whole(crawl.times(where)), 0.99) for where in (crawl.far, crawl.near)]


def pairs(verdict, build, work, count, seconds):
    """Which is first changes."""
    ratios = []
    for number in range(count):
        p99s = {}
        for is_mixed in (True, False) if number % 2 == 0 else (False, True):
            p99s[is_mixed] = one_of_pair(build, f'{work}/{number}-{is_mixed}', is_mixed, seconds)
        ratios.append([mixed / alone for mixed, alone in zip(p99s[True], p99s[False])])
        for place, mixed, alone in zip(('20 ms away', 'at once'), p99s[True], p99s[False]):
            verdict.say(f'pair {number + 1}, {place}: p99 {mixed:.2f} ms, control {alone:.2f} ms, {mixed / alone:.2f}')
    far, near = (statistics.median(of) for of in zip(*ratios))
    verdict.say(f'pairs, 20 ms away: p99 is {far:.2f} of the control\'s in the middle')
    verdict.say(f'pairs, at once: p99 is {near:.2f} of the control\'s in the middle')


def number_of(name, default):
    return int(os.environ.get(name) or default)


def main():
    build, verdict = sys.argv[1], Verdict()
    seconds, count = number_of('SOAK_SECONDS', 3600), number_of('SOAK_PAIRS', 6)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended on the way out
    os.makedirs(f'{build}/bench', exist_ok=True)
    make_certificate(f'{build}/bench')
    with tempfile.TemporaryDirectory(prefix='soak-', dir=f'{build}/bench') as work:
        if count > 0:
            pairs(verdict, build, work, count, number_of('SOAK_PAIR_SECONDS', 120))
        if seconds > 0:
            hour(verdict, build, work, seconds)
    return 0 if verdict.is_good else 1


if __name__ == '__main__':
    sys.exit(main())
