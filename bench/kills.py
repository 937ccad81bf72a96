"""kills.py BUILD [KILLS]: is a crawl that is killed again and again the crawl that nobody disturbed?

openjdk-17-doc is crawled along its links once in peace. Then it is crawled anew, with `kill -9` of the
master at random moments of its first seconds, four times a crawl, and the same command again; until KILLS
(200) masters have been killed. Each database must equal the first, table by table, but for times, for
what tells that there were kills, and for which of several pages was the first to name a URL, which two
crawls in peace differ in as well.
"""
import glob
import os
import random
import sqlite3
import subprocess
import sys
import time

from server import Nginx, link_docs

KILLS_A_CRAWL = 4
PATTERN = ['-e', r'headings=<h1[^>]*>(?<heading>.*?)</h1>']

QUESTIONS = (
    'SELECT url, state, outcome, status, final_url, depth = 0, from_url IS NULL, title, content_type, charset,'
    ' charset_source, size, wire_size, tries, error FROM pages ORDER BY url',
    'SELECT page_url, n, heading FROM headings ORDER BY 1, 2',
    'SELECT origin, pages, errors, delay_ms, robots, address FROM hosts ORDER BY 1',
    'SELECT pattern, host, sum(pages_tried), sum(pages_matched), sum(rows), sum(empty_fields) FROM pattern_stats'
    ' GROUP BY 1, 2 ORDER BY 1, 2',
    'SELECT list, line, text, reason FROM rejects ORDER BY 2',
    'SELECT u.url, b.body, b.is_text FROM bodies b JOIN urls u ON u.id = b.url_id ORDER BY 1',
    'SELECT u.url, r.etag, r.last_modified, r.hash, r.is_moved, r.redirects, r.unmatched FROM results r'
    ' JOIN urls u ON u.id = r.url_id ORDER BY 1',
    'SELECT url, kind, lane, rule FROM urls ORDER BY 1',
    'SELECT count(*), count(DISTINCT url) FROM urls',
    'PRAGMA integrity_check',
)


class Crawl:
    def __init__(self, build, here, url):
        self.database = f'{build}/bench/kills.db'
        self.command = [f'{build}/crawl', 'run', '-q', '-o', self.database, '--delay', '0', '--concurrency', '64',
                        '--depth', '1000', '-c', f'{here}/follow.yaml', *PATTERN, url]

    def start(self):
        return subprocess.Popen(self.command, stderr=subprocess.DEVNULL)

    def remove(self):
        for file in glob.glob(f'{self.database}*'):
            os.remove(file)

    def contents(self):
        with sqlite3.connect(self.database) as database:
            return [database.execute(question).fetchall() for question in QUESTIONS]

    def is_finished(self):
        """After the end the same command would be another pass."""
        try:
            with sqlite3.connect(self.database) as database:
                return database.execute('SELECT ended FROM runs ORDER BY id DESC LIMIT 1').fetchone() == ('finished',)
        except sqlite3.OperationalError:  # killed before there was a table
            return False

    def kill_again_and_again(self, seconds):
        """Kills at random moments, and then the end in peace. Returns how many masters were killed."""
        kills = 0
        while kills < KILLS_A_CRAWL and not self.is_finished():
            process = self.start()
            time.sleep(random.uniform(0.02, seconds / 2))
            process.kill()
            kills += process.wait() < 0
        if not self.is_finished():
            self.start().wait()
        return kills


def difference(killed, whole):
    for question, one, other in zip(QUESTIONS, killed, whole):
        if one != other:
            odd = sorted(set(map(repr, one)) ^ set(map(repr, other)))[:4]
            return f'{question}:\n' + '\n'.join(line[:300] for line in odd)
    return None


def main():
    build, here = sys.argv[1], os.path.dirname(os.path.abspath(__file__))
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    kills = crawls = 0

    if not link_docs(f'{build}/bench'):
        print('openjdk-17-doc is not there: make bench BENCH=site fetches it')
        return 1
    with Nginx(f'{build}/bench') as nginx:
        crawl = Crawl(build, here, nginx.url('api/index.html'))
        crawl.remove()
        began = time.monotonic()
        crawl.start().wait()
        seconds = time.monotonic() - began
        whole = crawl.contents()
        while kills < wanted:
            crawl.remove()
            kills += crawl.kill_again_and_again(seconds)
            crawls += 1
            odd = difference(crawl.contents(), whole)
            if odd:
                print(f'after {kills} kills, crawl {crawls}: {odd}\n{crawl.database} is left as it is')
                return 1
        crawl.remove()
    print(f'{kills} kills over {crawls} crawls of {len(whole[0])} URLs: each database as undisturbed')
    return 0


if __name__ == '__main__':
    sys.exit(main())
