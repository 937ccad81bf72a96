"""What is measured against what, and how each run is known to be right."""
import glob
import json
import math
import os
import shutil
import socket
import sqlite3
import statistics
import time

from measure import Case, Contender, Wrong
from saturate import saturate
from server import BOARD_PAGES, BOARD_ROWS, NGINX_PROGRAM, Site, link_docs

PYTHON = '/usr/bin/python3'
SEED_PROCESSES = 8
WRK_SECONDS = 1
SITE_PAGES = 10136        # of openjdk-17-doc that links lead to
SITE_BYTES, SITE_LINKS = 268155336, 1080953  # of all its pages
HOSTS, HOST_PAGES, LATENCY_MS, LATENCY_RUNS = 200, 50, 50, 20
WINDOW = 64               # of crawl, as it comes
FULL = str(WINDOW * os.cpu_count())  # requests at once of one host: the windows of all workers
ONE_RUNS = 20
SPREAD_PAGES = 100000
GROWTH_URLS = 10000, 100000, 1000000
JOBS = 100000


def need(is_right, what):
    if not is_right:
        raise Wrong(what)


def write_lines(path, lines):
    with open(path, 'w', encoding='utf-8') as file:
        file.writelines(f'{line}\n' for line in lines)
    return path


def empty_folder(path):
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)


class Bench:
    """Paths, and the contenders that several cases share."""

    def __init__(self, build, here, nginx):
        self.here, self.nginx = here, nginx
        self.build = build
        self.work = f'{build}/bench'
        self.out = f'{self.work}/out'
        self.database = f'{self.work}/crawl.db'
        self.cpus = os.cpu_count()

    # ---- crawl ----

    def remove_database(self):
        for file in glob.glob(f'{self.database}*'):
            os.remove(file)

    def ask(self, sql):
        with sqlite3.connect(f'file:{self.database}?mode=ro', uri=True) as database:
            return database.execute(sql).fetchone()

    def crawl(self, arguments, check, name='crawl', ok_codes=(0,)):
        command = [f'{self.build}/crawl', 'run', '-q', '-o', self.database, '--delay', '0', '--set', 'robots=false',
                   *arguments]
        return Contender(name, command, check, self.remove_database, ok_codes=ok_codes)

    def check_pages(self, count):
        done, = self.ask("SELECT count(*) FROM pages WHERE outcome = 'ok' AND status = 200")
        total, = self.ask('SELECT count(*) FROM pages')
        need(done == count == total, f'{done} of {total} pages are ok, and {count} should be')

    def check_board(self, count):
        """Every film of every page once, with its fields."""
        self.check_pages(count)
        rows = count * BOARD_ROWS
        found = self.ask("SELECT count(*), count(DISTINCT title), min(title), sum(\"index\"),"
                         " count(DISTINCT actor), min(actor), min(time), min(score), max(score) FROM films")
        wanted = (rows, rows, '影片1', count * BOARD_ROWS * (BOARD_ROWS + 1) // 2, 1, '演员甲,演员乙,演员丙',
                  '2018-01-19', 7.2, 9.9)
        need(found == wanted, f'the rows are {found} instead of {wanted}')

    # ---- the others ----

    def check_files(self, count, size):
        files = [entry.stat().st_size for entry in os.scandir(self.out)]
        need(len(files) == count and sum(files) == size, f'{len(files)} files of {sum(files)} bytes')

    def check_lines(self, count):
        with open(f'{self.out}/rows.jsonl', encoding='utf-8') as lines:
            titles = {json.loads(line)['title'] for line in lines if len(line) > 2 and '{' in line}
        need(len(titles) == count, f'{len(titles)} rows instead of {count}')

    def check_films(self, count):
        with sqlite3.connect(f'{self.out}/film.db') as database:
            found = database.execute('SELECT count(*), count(DISTINCT title) FROM film').fetchone()
        need(found == (count, count), f'{found} rows instead of {count}')

    def fresh(self):
        empty_folder(self.out)

    def curl(self, urls, size, parallel, *arguments):
        """All URLs of a list into files."""
        config = f'{urls}.curl'
        with open(urls, encoding='utf-8') as lines:
            write_lines(config, (f'url = "{url.strip()}"\noutput = "{self.out}/{number}"'
                                 for number, url in enumerate(lines)))
        count = sum(1 for _ in open(urls, encoding='utf-8'))
        return Contender(f'curl -Z --parallel-max {parallel}',
                         ['curl', '-s', '-Z', '--parallel-max', str(parallel), *arguments, '-K', config],
                         lambda _: self.check_files(count, size), self.fresh)


def have(program):
    return shutil.which(program) is not None


def board_files(bench, count):
    sizes = (os.path.getsize(f'{bench.work}/www/board/{number}.html') for number in range(count))
    return sum(sizes)


def wrk(bench, count):
    def seconds(output):
        rate = next((float(line.split()[1]) for line in output.splitlines() if line.startswith('Requests/sec:')), 0)
        need(rate > 0, 'it tells no rate')
        return count / rate

    def check(output):
        need('Non-2xx' not in output and 'Socket errors' not in output, output)

    return Contender('wrk -t1 -c32, one page (the server\'s limit)',
                     ['wrk', '-t1', '-c32', f'-d{WRK_SECONDS}s', bench.nginx.url('board/0.html')], check,
                     seconds=seconds)


def board_peers(bench, urls, count):
    rows = count * BOARD_ROWS
    if have('curl'):
        yield bench.curl(urls, board_files(bench, count), 32)
    if os.path.isdir('/usr/lib/python3/dist-packages/requests'):
        yield Contender(f'seeds\' program: Pool({SEED_PROCESSES}), requests, re, sqlite3',
                        [PYTHON, f'{bench.here}/peers/seed.py', urls, f'{bench.out}/film.db', str(SEED_PROCESSES)],
                        lambda _: bench.check_films(rows), bench.fresh)
    if os.path.isdir('/usr/lib/python3/dist-packages/scrapy'):
        yield Contender('Scrapy, 64 at once, re, JSON lines',
                        [PYTHON, '-m', 'scrapy', 'runspider', f'{bench.here}/peers/scrapy_board.py',
                         '-a', f'urls={urls}', '-O', f'{bench.out}/rows.jsonl'],
                        lambda _: bench.check_lines(rows), bench.fresh)
    if have('node') and os.path.isdir(f'{bench.work}/node/node_modules/@crawlee/cheerio'):
        yield Contender('Crawlee (Cheerio), 64 at once, RegExp, JSON lines',
                        ['node', f'{bench.here}/peers/crawlee_board.mjs', urls, f'{bench.out}/rows.jsonl',
                         os.path.abspath(f'{bench.work}/node')],
                        lambda _: bench.check_lines(rows), bench.fresh)
    if have('wrk'):
        yield wrk(bench, count)


def board_crawl(bench, urls, count, *arguments, name='crawl'):
    return bench.crawl(['-c', f'{bench.here}/bench.yaml', '--concurrency', FULL, '--set', 'keep_pages=false',
                        *arguments, urls], lambda _: bench.check_board(count), name)


def board_urls(bench, count, kind='http'):
    url = bench.nginx.url if kind == 'http' else bench.nginx.tls_url
    return write_lines(f'{bench.work}/board-{count}-{kind}.txt',
                       (url(f'board/{number}.html') for number in range(count)))


def board(bench, count):
    urls = board_urls(bench, count)
    return Case(f'board-{count}', f'Board: {count:,} pages of 10 KB, a list; the film pattern, {count * BOARD_ROWS:,} rows',
                count, 'pages', [board_crawl(bench, urls, count), *board_peers(bench, urls, count)])


def tls(bench, count=BOARD_PAGES):
    secure, plain = board_urls(bench, count, 'https'), board_urls(bench, count)
    certificate = f'{bench.work}/tls/cert.pem'
    contenders = [board_crawl(bench, secure, count, '--set', f'ca_file={certificate}', name='crawl, HTTPS and HTTP/2'),
                  board_crawl(bench, plain, count, name='crawl, HTTP/1.1')]
    if have('curl'):
        peer = bench.curl(secure, board_files(bench, count), 32, '--cacert', certificate)
        peer.name += ', HTTPS and HTTP/2'
        contenders.append(peer)
    return Case('tls', f'The same board over HTTPS and HTTP/2, a key of its own: {count:,} pages', count, 'pages', contenders)


# ---- the site ----

def html_below(folder):
    return sum(name.endswith('.html') for _, _, names in os.walk(folder) for name in names)


def check_site(bench):
    """Two links of the documentation lead nowhere; all other pages must be there, each whole."""
    found = bench.ask("SELECT count(*), count(DISTINCT url), min(size) FROM pages WHERE outcome = 'ok'")
    lost, = bench.ask("SELECT count(*) FROM pages WHERE outcome <> 'ok' AND status <> 404")
    need(found[0] == found[1] == SITE_PAGES and lost == 0, f'{found} pages, {lost} lost')


def site_crawl(bench, keeps, name):
    return bench.crawl(['-c', f'{bench.here}/follow.yaml', '--concurrency', FULL, '--depth', '1000',
                        '--set', f'keep_pages={keeps}', bench.nginx.url('api/index.html')],
                       lambda _: check_site(bench), name, ok_codes=(0, 1))


def site(bench):
    contenders = [site_crawl(bench, 'true', 'crawl, pages kept (zstd)'),
                  site_crawl(bench, 'false', 'crawl, pages not kept')]
    if have('wget2'):
        contenders.append(Contender(
            'wget2 -r, 16 threads, to files',
            ['wget2', '-q', '-r', '-l', '1000', '-e', 'robots=off', '--max-threads=16', '-nH', '-P', bench.out,
             bench.nginx.url('api/index.html')],
            lambda _: need(html_below(bench.out) == SITE_PAGES, f'{html_below(bench.out)} pages'),
            bench.fresh, ok_codes=(0, 8)))
    return Case('site', f'Site: openjdk-17-doc, every link from the first page; {SITE_PAGES:,} pages, 268 MB',
                SITE_PAGES, 'pages', contenders)


def scan(bench):
    """The scanner of links alone.  109 are left where links are spoilt: they are written HREF."""
    folder = os.path.realpath(f'{bench.work}/www/api')

    def contender(name, how, links):
        def check(output):
            need(output.split()[:3] == [str(SITE_BYTES), 'bytes', str(links)], output)

        return Contender(name, [f'{bench.work}/scan', how, folder], check,
                         seconds=lambda output: float(output.split()[-2]))

    return Case('scan', f'Links: {SITE_BYTES / 1e6:,.0f} MB of openjdk-17-doc, {SITE_LINKS:,} links, by one process from memory',
                SITE_BYTES / 1e6, 'MB', [
                    contender('links found', 'links', SITE_LINKS),
                    contender('found, and made canonical', 'canonical', SITE_LINKS - 1),
                    contender('the same pages, their links spoilt', 'plain', 109)])


# ---- many hosts, one page, empty jobs ----

def hosts(bench, port):
    count = HOSTS * HOST_PAGES
    urls = write_lines(f'{bench.work}/hosts.txt',
                       (f'http://127.0.0.{host}:{port}/delay/{LATENCY_MS}?{page}'
                        for page in range(HOST_PAGES) for host in range(1, HOSTS + 1)))
    at_once = min(WINDOW * bench.cpus, HOSTS * 2)
    latency_s = hosts_latency_s(port)
    contenders = [bench.crawl(['--set', 'keep_pages=false', '-c', f'{bench.here}/nothing.yaml', urls],
                              lambda _: bench.check_pages(count))]
    if have('curl'):
        contenders.append(bench.curl(urls, count * hosts_page_bytes(port), at_once))
    return Case('hosts', f'{HOSTS} hosts that answer after {LATENCY_MS} ms, {HOST_PAGES} pages each, 2 at a time a host; '
                f'{at_once} at once; {latency_s * 1000:.1f} ms when asked alone', count, 'pages', contenders,
                bound_s=math.ceil(count / at_once) * latency_s)


def hosts_latency_s(port):
    """How long the server really takes, from the end of the request to the first byte, with nothing else to do."""
    request, times = f'GET /delay/{LATENCY_MS} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n'.encode(), []
    with socket.create_connection(('127.0.0.1', port)) as connection:
        for _ in range(LATENCY_RUNS):
            start = time.perf_counter()
            connection.sendall(request)
            connection.recv(1)
            times.append(time.perf_counter() - start)
            time.sleep(0.01)
            connection.recv(65536)
    return statistics.median(times)


# ---- how cost grows: what counts here is CPU time a page ----

def small_crawl(bench, name, urls, count):
    return bench.crawl(['--set', 'keep_pages=false', '-c', f'{bench.here}/nothing.yaml', urls],
                       lambda _: bench.check_pages(count), name)


def spread(bench):
    count = SPREAD_PAGES

    def contender(host_count):
        urls = write_lines(f'{bench.work}/spread-{host_count}.txt',
                           (bench.nginx.host_url(number % host_count, f'small.html?{number // host_count}')
                            for number in range(count)))
        return small_crawl(bench, f'{host_count:,} hosts', urls, count)

    return Case('spread', f'{count:,} pages of 1 KB, of few hosts and of many', count, 'pages',
                [contender(10), contender(10000)])


def growth(bench, count):
    urls = write_lines(f'{bench.work}/growth-{count}.txt',
                       (bench.nginx.host_url(number % 10, f'small.html?{number}') for number in range(count)))
    return Case(f'growth-{count}', f'A list of {count:,} URLs: pages of 1 KB, of ten hosts', count, 'pages',
                [small_crawl(bench, 'crawl', urls, count)])


def hosts_page_bytes(port):
    from urllib.request import ProxyHandler, build_opener
    return len(build_opener(ProxyHandler({})).open(f'http://127.0.0.1:{port}/delay/0?0').read())


def one(bench):
    url = bench.nginx.url('board/0.html')
    crawl = board_crawl(bench, url, 1)
    contenders = [crawl]
    if have('curl'):
        contenders.append(Contender('curl -o FILE', ['curl', '-s', '-o', f'{bench.out}/0', url],
                                    lambda _: bench.check_files(1, board_files(bench, 1)), bench.fresh))
    contenders.append(Contender('crawl --version (start alone)', [f'{bench.build}/crawl', '--version']))
    for contender in contenders:
        contender.repeat = ONE_RUNS
    return Case('one', f'One URL, from start to exit (each measurement is the median of {ONE_RUNS} runs)', 1, 'pages',
                contenders)


def dispatch(bench):
    program, workers = f'{bench.work}/dispatch', str(bench.cpus)

    def check(output):
        need(output.split() == [str(JOBS), 'jobs'], output)

    return Case('dispatch', f'Pool: {JOBS:,} empty jobs, each with an answer, {workers} workers', JOBS, 'jobs', [
        Contender('crawl\'s pool, window 1', [program, str(JOBS), workers, '1'], check),
        Contender('crawl\'s pool, window 64', [program, str(JOBS), workers, '64'], check),
        Contender('Python\'s Pool.map, chunksize 1',
                  [PYTHON, f'{bench.here}/peers/dispatch.py', str(JOBS), workers], check),
    ])


def whole_crawls(bench):
    """By kind, with how many pages: what the workers of saturate stand in for. None without a server."""
    crawls = {}
    if os.path.exists(NGINX_PROGRAM):
        crawls['board'] = board_crawl(bench, board_urls(bench, BOARD_PAGES), BOARD_PAGES), BOARD_PAGES
    if crawls and link_docs(bench.work):
        crawls['site'] = site_crawl(bench, 'false', 'site'), SITE_PAGES
        crawls['kept'] = site_crawl(bench, 'true', 'site, kept'), SITE_PAGES
    return crawls


def cases(bench, wanted):
    """Yields what is wanted, by the beginning of its name, with what it needs running."""
    def want(name):
        return not wanted or any(name.startswith(word) for word in wanted)

    if want('board'):
        yield board(bench, BOARD_PAGES)
        yield board(bench, BOARD_PAGES // 10)
    if want('site') and link_docs(bench.work):
        yield site(bench)
    if want('scan') and link_docs(bench.work):
        yield scan(bench)
    if want('tls'):
        yield tls(bench)
    if want('hosts'):
        with Site(bench.build, HOSTS) as many:
            yield hosts(bench, many.port)
    if want('spread'):
        yield spread(bench)
    if want('growth'):
        yield from (growth(bench, count) for count in GROWTH_URLS)
    if want('one'):
        yield one(bench)
    if want('dispatch'):
        yield dispatch(bench)
    if want('saturate'):
        yield saturate(bench, whole_crawls(bench))


def memory_contenders(bench):
    urls = board_urls(bench, BOARD_PAGES)
    yield 'board', board_crawl(bench, urls, BOARD_PAGES)
    if have('curl'):
        yield 'board', bench.curl(urls, board_files(bench, BOARD_PAGES), 32)
    if link_docs(bench.work):
        yield from (('site', contender) for contender in site(bench).contenders)
