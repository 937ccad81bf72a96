"""large.py CRAWL FILE.db [URLS [PATTERNS]]: a database of a large crawl, for those who look at it, in a minute.

URLS (1,000,000) of 10,000 hosts, 300 patterns of ten fields, three of 400, twelve runs: what a crawl
writes, but for bodies; the same whenever it is made.
"""
import os
import random
import sqlite3
import subprocess
import sys
import tempfile

HOSTS = 10000
PATTERNS = 300
WIDE = 3                 # patterns of so many fields more
FIELDS, WIDE_FIELDS = 10, 400
RUNS = 12
SAMPLES = 720
EVENTS = 1000
ROWS = 20000             # of each pattern
CONFIG = 'c0ffee00c0ffee00'


def field_count(pattern):
    return WIDE_FIELDS if pattern < WIDE else FIELDS


def config():
    lines = ['patterns:']
    for pattern in range(PATTERNS):
        lines += [f'  - name: p{pattern}', f"    url: 'h{pattern}/'", "    each: '<li>(.*?)</li>'", '    fields:']
        lines += [f'      f{field}: {{pattern: "x{field}(.)"}}' for field in range(field_count(pattern))]
    return '\n'.join(lines) + '\n'


def make_schema(crawl, path):
    """A run that fetches nothing makes all tables; the patterns' too."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f'{folder}/c.yaml', 'w', encoding='ascii') as file:
            file.write(config())
        subprocess.run([os.path.abspath(crawl), 'http://127.0.0.1:1/', '-c', f'{folder}/c.yaml', '-o', path,
                        '--retries', '0', '-q'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def time_of(run, second=0):
    return f'2026-11-{run:02}T{10 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000Z'


def put(db, table, rows):
    rows = iter(rows)
    first = next(rows)
    sql = f'INSERT INTO {table} VALUES ({",".join("?" * len(first))})'
    db.execute(sql, first)
    db.executemany(sql, rows)


def make_urls(db, urls):
    put(db, 'hosts (id, origin, pages, errors, delay_ms)',
        ((host, f'http://h{host}.example', urls // HOSTS, 0, 500) for host in range(1, HOSTS + 1)))
    put(db, 'urls (id, url, host_id, from_id, root, depth, kind, lane)',
        ((n, f'http://h{n % HOSTS + 1}.example/catalogue/section-{n % 97}/item-{n}.html', n % HOSTS + 1,
          n // 10 or None, n % 1000 + 1, 1, 0, 2) for n in range(1, urls + 1)))

    def results():
        for n in range(1, urls + 1):
            failed = n % 20 == 0
            outcome = 'ok' if not failed else ('http_error', 'timeout', 'dns', 'connect')[n // 20 % 4]
            status = 200 if not failed else (404, 403, 500, 503)[n // 80 % 4] if outcome == 'http_error' else None
            yield (n, 2 if failed else 1, 2, n, outcome, status, None if failed else f'Item {n}',
                   'text/html', 'utf-8', 'header', 20000 + n % 5000, 5000, time_of(RUNS, n % 3600), 20000 + n % 900000,
                   3 if failed else 1, 'no such host' if outcome == 'dns' else None,
                   f'p{n % PATTERNS}' if n % 50 == 1 else None)
    put(db, 'results (url_id, state, pass, visit, outcome, status, title, content_type, charset, charset_source, size,'
        ' wire_size, fetched_at, elapsed_us, tries, error, unmatched)', results())

    put(db, 'tries_made (url_id, number, at, outcome, status, error, wait_ms)',
        ((n, number, time_of(RUNS, n % 3600), 'timeout', None, 'timed out', 1000 * number)
         for n in range(20, urls + 1, 20) for number in (1, 2)))


def make_runs(db, urls):
    config_number = int(CONFIG, 16) - (1 << 64)
    put(db, 'runs (id, started_at, ended_at, ended, pid, command_line, config_hash, versions, pages, rows)',
        ((run, time_of(run), time_of(run, 7200), 'finished', 1, 'crawl urls.txt', CONFIG, 'crawl 0.2.0', urls, 5 * urls)
         for run in range(1, RUNS + 1)))
    put(db, 'crawl_passes (run_id, pass, asks, visits)',
        ((run, 1 if run < RUNS else 2, 1, 0 if run < RUNS else urls) for run in range(1, RUNS + 1)))
    put(db, 'crawl_patterns (config_hash, pattern, hash)', ((config_number, f'p{p}', p) for p in range(PATTERNS)))
    outcomes = [('ok', 200, 19), ('http_error', 404, .2), ('http_error', 403, .1), ('timeout', 0, .3), ('dns', 0, .2),
                ('connect', 0, .2), ('robots', 0, .5)]
    for run in range(1, RUNS + 1):
        put(db, 'crawl_totals (run, outcome, status, pages, unchanged, bytes, wire_bytes)',
            ((run, o, s, int(urls * share / 20), 0, int(urls * share * 1000), int(urls * share * 300))
             for o, s, share in outcomes))
        put(db, 'crawl_outcomes (run_id, host_id, outcome, status, pages, bytes, wire_bytes)',
            ((run, host, o, s, 1 + host % 7, 10000, 3000)
             for host in range(1, HOSTS + 1) for o, s, _ in (outcomes[0], outcomes[1 + host % 6])))
        sums = 'pages_wanted, pages_unchanged, pages_tried, pages_matched, rows, empty_fields, bad_values, limit_hits'
        fell = [100 if run == RUNS and p % 30 == 0 else 0 for p in range(PATTERNS)]
        put(db, f'crawl_pattern_totals (run, pattern, {sums}, elapsed_ns)',
            ((run, f'p{p}', 3000, 0, 3000, 2900 - 10 * fell[p], 14500, 3, 2, 0, 300000000) for p in range(PATTERNS)))
        put(db, f'pattern_figures (run_id, pattern, host_id, {sums}, elapsed_ns)',
            ((run, f'p{host % PATTERNS}', host, 90, 0, 90, 87, 435, 0, 0, 0, 9000000) for host in range(1, HOSTS + 1)))
        put(db, 'crawl_field_figures (run_id, pattern, field, rows, filled, bad)',
            ((run, f'p{p}', f'f{field}', 14500, 14000 - 50 * (field == 3) * fell[p], 1)
             for p in range(PATTERNS) for field in range(field_count(p))))
        put(db, 'crawl_run_hosts',
            ((run, host, urls // HOSTS, 5, 2000000, 500 + host, 20.5, 90.25, host, 7100000, 112500,
              bytes(random.randrange(256) for _ in range(64))) for host in range(1, HOSTS + 1)))
        put(db, 'crawl_samples',
            ((run, 10000 * n, urls // SAMPLES * n, n, n, 5 * n, 900 * n, urls - urls // SAMPLES * n, 20, 3, 4, 5, 60, 0,
              9 * n, 5 * n, 2 * n) for n in range(1, SAMPLES + 1)))
        put(db, 'crawl_events',
            ((run, 7000 * n, ('rest', 'given_up', 'delay')[n % 3], f'http://h{n}.example', '6 failures in a row')
             for n in range(1, EVENTS + 1)))
        put(db, 'crawl_counts', ((run, what, f'{what}-{n}', urls // (n + 2))
                                 for what in ('type', 'charset', 'charset_source') for n in range(51)))
        put(db, 'crawl_histograms', ((run, what, bucket, 1000 * bucket) for what in ('time', 'size')
                                     for bucket in range(5, 50)))
        put(db, 'crawl_examples',
            [(run, what, '', n, n * 7919 % urls + 1, 9000 // n) for what in ('slowest', 'largest') for n in range(1, 6)] +
            [(run, what, f'p{p}', n, (p * 5 + n) * 50021 % urls + 1, 0)
             for p in range(PATTERNS) for what in ('matched', 'unmatched') for n in range(1, 6)])
        put(db, 'crawl_findings',
            ((run, f'p{30 * p % PATTERNS}', field, 500, p * 7919 % urls + 1, 12, '<div class="price">', '<b>', '(?<f0>[^<]*)',
              '<strong>9.99</strong>') for p in range(10) for field in (None, 'f3')))
    put(db, 'rejects', (('urls.txt', n, f'htp:/example.org/{n}', 'other scheme') for n in range(1, 5001)))
    put(db, 'crawl_stale_pages', ((f'p{n % PATTERNS}', n, RUNS) for n in range(1, 20001)))


def make_rows(db):
    """The same number of rows for each pattern, on pages across the crawl."""
    for pattern in range(PATTERNS):
        count = field_count(pattern)
        rows = ROWS // 20 if count > FIELDS else ROWS // 10
        columns = ', '.join(f'f{field}' for field in range(count))
        put(db, f'crawl_rows_p{pattern} ("row id", {columns})',
            (((n * 400 + pattern) << 24, *(f'value {n * field % 1009}' for field in range(count)))
             for n in range(1, rows + 1)))


def main():
    crawl, path = sys.argv[1:3]
    urls = int(sys.argv[3]) if len(sys.argv) > 3 else 1000000
    global PATTERNS
    PATTERNS = int(sys.argv[4]) if len(sys.argv) > 4 else PATTERNS
    random.seed(1)
    make_schema(crawl, path)
    db = sqlite3.connect(path)
    db.executescript('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;')
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        db.execute(f'DELETE FROM "{table}"')
    make_urls(db, urls)
    make_runs(db, urls)
    make_rows(db)
    db.commit()
    db.execute('PRAGMA journal_mode = WAL')
    db.close()


if __name__ == '__main__':
    main()
