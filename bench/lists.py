"""lists.py BUILD [ROUNDS [FIRST]]: does a run ask for what its lists name, and for nothing else?

Each round makes a small site of its own (links, redirects, pages that fail, one that robots.txt forbids), three
lists, and a random sequence of commands: runs of a list or two, --all, --update, --retry-failed, --max-pages,
`crawl forget`, lines that come and go; and runs that are killed, with perhaps another list's in between. What
was asked for, and what the database says then of every URL (its state, its root, who led to it) is compared with
a model of forty lines. Every second round pages have an ETag: what is unchanged leads nowhere anew. Every third
round lines give their URLs fields, which change: of them the model knows nothing, but every row must have those of
its root.

A round is known by its number: ROUNDS 1 and FIRST 17 make the seventeenth again.
"""
import copy
import hashlib
import http.server
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

PAGES = [f'n{number}' for number in range(12)]
CONFIG = ("patterns: [{name: heads, pattern: '<h1>(?<text>.*?)</h1>', fields: {shop: {value: '{set.shop}'}}}]\nfollow: [{link: '.*'}]\n"
          'crawl: {delay: 0, retries: 0, workers: 1, concurrency: 1}\n')
COMMANDS = (['run'] * 9 + ['some'] * 3 + ['kill'] * 4
            + ['all', 'retry', 'update', 'retry all', 'two', 'forget', 'others'])

# Numbers are given again: nothing names a URL that is gone.
NAMES_NOTHING = ('SELECT count(*) FROM urls WHERE root NOT IN (SELECT id FROM urls)',
                 'SELECT count(*) FROM urls WHERE from_id NOT IN (SELECT id FROM urls)',
                 'SELECT count(*) FROM results WHERE url_id NOT IN (SELECT id FROM urls)',
                 'SELECT count(*) FROM bodies WHERE url_id NOT IN (SELECT id FROM urls)',
                 'SELECT count(*) FROM tries_made WHERE url_id NOT IN (SELECT id FROM urls)',
                 'SELECT count(*) FROM crawl_roots WHERE url_id NOT IN (SELECT id FROM urls)',
                 'SELECT count(*) FROM urls WHERE set_id IS NOT NULL AND set_id NOT IN (SELECT id FROM crawl_sets)',
                 'SELECT count(*) - count(DISTINCT fields) FROM crawl_sets',
                 'SELECT count(*) - count(DISTINCT url) FROM urls')
SETS = ('', '\tshop=1', '\tshop=2', '\tshop=3\tx=y')
OTHER_SETS = ("SELECT count(*) FROM heads h JOIN pages p ON p.url = h.page_url AND p.outcome IN ('ok', 'not_modified')"
              " AND p.state = 'done' JOIN urls u ON u.url = h.page_url JOIN urls o ON o.id = u.root"
              " LEFT JOIN crawl_sets s ON s.id = o.set_id WHERE h.shop IS NOT json_extract(s.fields, '$.shop')")


class Site:
    """x1 and x2 are forbidden, f9 is not there; r1 and r2 lead elsewhere."""

    def __init__(self):
        self.asked = []
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), self.handler())
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who was killed hangs up
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f'http://127.0.0.1:{self.server.server_port}/'

    def build(self, dice, has_etags):
        self.has_etags = has_etags
        all_names = PAGES + ['x1', 'x2', 'r1', 'r2', 'f9']
        self.links = {name: dice.choices(all_names, k=dice.choice([0, 0, 1, 2, 3])) for name in PAGES + ['x1', 'x2']}
        self.moved = {name: dice.choice(PAGES) for name in ('r1', 'r2')}
        self.bad = set(dice.sample(PAGES, 2))

    def fails(self, name):
        return name in self.bad or name not in self.links

    def answer(self, name):
        if name == 'robots.txt':
            return 200, b'User-agent: *\nDisallow: /x\n'
        if name in self.moved:
            return 302, b''
        if self.fails(name):
            return (500 if name in self.bad else 404), b'no'
        links = ''.join(f"<a href='/{link}'>x</a>" for link in self.links[name])
        return 200, f'<!DOCTYPE html><h1>{name}</h1>{links}'.encode()

    def take(self):
        asked, self.asked = self.asked, []
        return sorted(name for name in asked if name != 'robots.txt')

    def handler(site):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *_):
                pass

            def do_GET(self):
                name = self.path[1:]
                status, body = site.answer(name)
                etag = f'"{hashlib.md5(body).hexdigest()}"'
                site.asked.append(name)
                if status == 200 and self.headers['If-None-Match'] == etag:
                    status, body = 304, b''
                self.send_response(status)
                if status == 302:
                    self.send_header('Location', '/' + site.moved[name])
                if status in (200, 304) and site.has_etags:
                    self.send_header('ETag', etag)
                self.send_header('Content-Type', 'text/plain' if name == 'robots.txt' else 'text/html; charset=utf-8')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


class Url:
    def __init__(self, number, root, led_from):
        self.number, self.root, self.led_from = number, root, led_from
        self.is_pending, self.state = True, None
        self.is_known = False   # as it is: unchanged, it is not read again
        self.moved_to = None    # and is read there

    def __str__(self):
        return f'{self.root} {self.led_from} {"pending" if self.is_pending else self.state}'


class Model:
    def __init__(self, site):
        self.site, self.urls, self.last = site, {}, (None, True)

    def add(self, name, root=None, led_from=None):
        number = max((url.number for url in self.urls.values()), default=0) + 1
        self.urls[name] = Url(number, root or name, led_from)

    def change_root(self, name, root, led_from):
        url = self.urls[name]
        if url.led_from not in (None, led_from):
            self.urls[url.led_from].is_known = False
        url.root, url.led_from, url.is_known = root, led_from, False

    def choose(self, named, command):
        """What is to be asked for first, and what is not found anew."""
        is_new, added = not self.urls, [name for name in named if name not in self.urls]
        for name in added:
            self.add(name)
        for name in named:
            if self.urls[name].root != name:
                self.change_root(name, name, None)
        is_all = is_new or command in ('all', 'retry all')
        own = {name: url for name, url in self.urls.items() if is_all or url.root in named}
        self.wanted = 'all' if command in ('all', 'retry all') else frozenset(named)
        pending = sum(url.is_pending for url in own.values())
        is_over = pending <= len(added) and (self.last[1] or self.last[0] != self.wanted)
        for url in own.values():
            if command in ('retry', 'retry all'):
                url.is_pending |= url.state == 'failed'
            elif command == 'update' or is_over:
                url.is_pending |= any(other.state for other in own.values())
        return sorted((name for name in own if own[name].is_pending), key=lambda name: own[name].number), set(own)

    def end(self, name, state, moved_to=None):
        url = self.urls[name]
        url.is_pending, url.state, url.moved_to = False, state, moved_to
        for other in self.urls.values():  # who is read where it failed has failed
            if state == 'failed' and other.moved_to == name and other.root in self.asked_roots and not other.is_pending:
                other.state = 'failed'

    def run(self, named, command='run', most=None):
        """Returns what is asked for."""
        queue, seen = self.choose(named, command)
        self.asked_roots = {self.urls[name].root for name in seen}
        asked, begun = [], set()

        def find(name, root, led_from):
            if name in seen:
                return
            seen.add(name)
            if name in self.urls:
                self.change_root(name, root, led_from)
                self.urls[name].is_pending = True
            else:
                self.add(name, root, led_from)
            queue.append(name)

        for name in queue:
            if len(begun) == most:
                break
            url, to = self.urls[name], self.site.moved.get(name)
            if name.startswith('x'):
                self.end(name, 'skipped')
                continue
            asked.append(name)
            begun.add(name)
            if to in self.urls and (len(begun) != most or to in begun) and not self.has_failed(to, seen):
                find(to, url.root, name)
                self.end(name, 'done', to)
                continue
            if to:
                asked.append(to)
            self.end(name, 'failed' if self.site.fails(to or name) else 'done')
            if url.state == 'done' and not (self.site.has_etags and url.is_known and not to):
                for link in self.site.links[to or name]:
                    find(link, url.root, name)
            url.is_known |= url.state == 'done' and not to
        self.last = (self.wanted, not any(self.urls[name].is_pending for name in queue))
        return sorted(asked)

    def has_failed(self, name, seen):
        url = self.urls[name]
        return name in seen and not url.is_pending and url.state == 'failed'

    def forget(self, named, is_others):
        gone = {name for name, url in self.urls.items() if (name in named or url.root in named) != is_others}
        self.urls = {name: url for name, url in self.urls.items() if name not in gone}
        for name, url in self.urls.items():
            url.root = name if url.root in gone else url.root
            url.led_from = None if url.led_from in gone else url.led_from
            url.is_known = False

    def lines(self):
        return [f'{name} {self.urls[name]}' for name in sorted(self.urls)]


class Folder:
    def __init__(self, program, path, site):
        self.program, self.path, self.site = program, path, site
        self.write('crawl.yaml', CONFIG)

    def write(self, name, text):
        with open(f'{self.path}/{name}', 'w') as file:
            file.write(text)

    def start(self, arguments):
        return subprocess.Popen([self.program, *arguments], cwd=self.path, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, question):
        with sqlite3.connect(f'{self.path}/crawl.db') as database:
            return database.execute(question).fetchall()

    def faults(self):
        faults = [question for question in NAMES_NOTHING if self.ask(question)[0][0] > 0]
        if self.ask("SELECT 1 FROM sqlite_schema WHERE name = 'heads'"):
            faults += [OTHER_SETS] if self.ask(OTHER_SETS)[0][0] > 0 else []
            for url, text in self.ask('SELECT page_url, text FROM heads'):
                name = self.name(url)
                faults += [f'{name} has the row of {text}'] if self.site.moved.get(name, name) != text else []
        return faults

    def name(self, url):
        return url and url.removeprefix(self.site.origin)

    def read(self, model):
        """After a kill, the database is believed."""
        states = {None: None, 1: 'done', 2: 'failed', 3: 'skipped'}
        model.urls = {}
        for number, url, root, led_from, state, had, is_known, moved_to in self.ask(
                'SELECT u.id, u.url, t.url, p.from_url, p.state, r.state, r.config_hash IS NOT NULL'
                " AND r.etag IS NOT NULL, iif(r.outcome = 'moved', r.final_url, NULL) FROM urls u JOIN pages p ON p.url = u.url"
                ' LEFT JOIN urls t ON t.id = u.root LEFT JOIN results r ON r.url_id = u.id'):
            read = model.urls[self.name(url)] = Url(number, self.name(root), self.name(led_from))
            read.is_pending, read.state, read.is_known = state == 'pending', states[had], bool(is_known)
            read.moved_to = self.name(moved_to)
        return model


class Round:
    def __init__(self, program, path, site, number):
        self.dice = random.Random(number)
        self.site, self.model, self.told = site, Model(site), []
        site.build(self.dice, number % 2 == 0)
        self.folder = Folder(program, path, site)
        self.names = PAGES + ['x1', 'r1', 'r2', 'f9']
        self.lists = {name: self.dice.sample(self.names, self.dice.choice([1, 1, 2, 3])) for name in 'abc'}
        self.sets = {} if number % 3 == 0 else None

    def change(self):
        dice, name = self.dice, self.dice.choice('abc')
        if dice.random() < 0.25:
            lines = self.lists[name]
            is_less = len(lines) > 1 and dice.random() < 0.5
            self.lists[name] = lines[1:] if is_less else lines + [dice.choice(self.names)]
        if dice.random() < 0.15:
            self.site.bad ^= {dice.choice(PAGES)}
        for name, lines in self.lists.items():
            self.folder.write(name, ''.join(f'{self.site.origin}{line}{self.set_of(name, line)}\n' for line in lines))

    def set_of(self, name, line):
        if self.sets is None:
            return ''
        if (name, line) not in self.sets or self.dice.random() < 0.15:
            self.sets[name, line] = self.dice.choice(SETS)
        return self.sets[name, line]

    def step(self):
        """Returns what is wrong then: a list of texts."""
        self.change()
        command = self.dice.choice(COMMANDS)
        names = self.dice.sample('abc', 2 if command == 'two' else 1)
        named = [line for name in names for line in self.lists[name]]
        if command in ('forget', 'others'):
            return self.forget(command, names, named)
        return self.kill(names[0], named) if command == 'kill' else self.run(command, names, named)

    def compare(self, arguments, expected):
        self.folder.start(arguments).wait()
        asked, now = self.site.take(), self.folder.read(Model(self.site)).lines()
        self.told.append(f'crawl {" ".join(arguments)}: {" ".join(asked)}')
        if self.sets is not None:
            self.folder.read(self.model)
            return self.folder.faults()
        faults = [] if asked == expected else [f'expected: {" ".join(expected)}']
        faults += [f'expected: {line}' for line in self.model.lines() if line not in now]
        return faults + [f'not: {line}' for line in now if line not in self.model.lines()] + self.folder.faults()

    def run(self, command, names, named):
        most = self.dice.choice([1, 1, 2, 3, 4]) if command == 'some' else None
        options = {'all': ['--all'], 'update': ['--update'], 'retry': ['--retry-failed'],
                   'retry all': ['--retry-failed'], 'some': ['--max-pages', str(most)]}.get(command, [])
        if command == 'retry all':
            names, named = [], []
        return self.compare([*names, *options], self.model.run(named, command, most))

    def forget(self, command, names, named):
        is_others = command == 'others'
        if not any(name in self.model.urls for name in named):
            return []
        self.model.forget(named, is_others)
        return self.compare(['forget', *(['--other-lists'] if is_others else []), *names], [])

    def kill(self, name, named):
        """Whatever came between, the same command asks for the rest, and leaves nothing."""
        whole = Model(self.site)
        whole.urls, whole.last = copy.deepcopy(self.model.urls), self.model.last
        expected = whole.run(named)
        run = self.folder.start([name])
        time.sleep(self.dice.random() * 0.09)
        run.kill()
        run.wait()
        others = [self.dice.choice('abc')] if self.dice.random() < 0.5 else []
        for other in [*others, name]:
            self.folder.start([other]).wait()
        asked = self.site.take()
        self.told.append(f'crawl {name}, killed; {" ".join([*others, name])}: {" ".join(asked)}')
        self.folder.read(self.model).last = (frozenset(named), True)
        faults = [f'never asked for: {line}' for line in expected if line not in asked and self.sets is None]
        faults += [f'still pending: {line}' for line, url in self.model.urls.items()
                   if url.is_pending and url.root in named]
        return faults + self.folder.faults()


def play(program, site, number):
    with tempfile.TemporaryDirectory() as path:
        game = Round(program, path, site, number)
        for _ in range(game.dice.choice([6, 10, 14])):
            faults = game.step()
            if faults:
                print(f'round {number}: links {site.links} moved {site.moved} bad {sorted(site.bad)}')
                print('\n'.join(game.told + faults))
                return False
    return True


def main():
    build, *numbers = sys.argv[1:]
    rounds, first = [int(number) for number in numbers] + [100, 1][len(numbers):]
    site = Site()
    failed = sum(not play(os.path.abspath(f'{build}/crawl'), site, number) for number in range(first, first + rounds))
    print(f'{rounds} rounds, {failed} not as the model has it')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
