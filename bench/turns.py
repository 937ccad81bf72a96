"""turns.py CRAWL [KIND...]: how long does a page that takes long hold up the requests to another host?

Three such pages of one host and 400 small ones of another, 5 ms apart, both on loopback. Told is the longest gap
between two requests to the other host. On a busy machine compare two programs side by side: a pattern's time is
CPU time, a gap is not. KIND is how a name of KINDS begins.
"""
import http.server
import multiprocessing
import os
import socketserver
import subprocess
import sys
import tempfile
import time

PAGES = 3
QUIET = 400
LIMIT_S = 90
TEN_MB = (b'<p>Some  text &amp; more <b>of</b> it</p>\n' * 300000)[:9999990]
SLOW = r"    pattern: 'a.+b\s*b+[cd]'"
CLEANED = "{pattern: '(.*)', clean: [html, squeeze, lower, upper, trim]}"
JSON = b'{"items":[' + b','.join(b'{"id":%d,"name":"item %d","price":%d.5}' % (i, i, i) for i in range(140000)) + b']}'


def patterns(count, body):
    return 'patterns:\n' + ''.join(f"  - name: p{i}\n    url: '/bad'\n{body}\n" for i in range(count))


def fields(count, field):
    return patterns(1, '    flags: s\n    fields:\n' + '\n'.join(f'      f{i}: {field}' for i in range(count)))


def follow(rule):
    return f"follow:\n  - from: '/bad'\n    link: '/z/'\n{rule}"


KINDS = {
    'one small page': (patterns(1, "    pattern: 'zz'"), b'zz'),
    '20 patterns, each slow': (patterns(20, SLOW), b'a' * 1000 + b'b' * 60000),
    '25 patterns of 20 ms': (patterns(25, SLOW), b'a' * 200 + b'b' * 11000),
    '20 fields of 10 MB, cleaned': (fields(20, CLEANED), TEN_MB),
    '20 patterns of 10 MB, cleaned': (patterns(20, f'    flags: s\n    fields:\n      f: {CLEANED}'), TEN_MB),
    '20 patterns of 20,000 rows': (patterns(20, r"    pattern: '<i>(?<c>.*?)</i>(?<d>.*?)\n'"),
                                   b'<i>abcdefgh</i> some other text in here\n' * 20000),
    'a row a byte, 1 MB': (patterns(1, "    pattern: '(?<c>.)'\n    flags: s"), b'x' * (1 << 20)),
    '60 MB in one row': (fields(6, "{pattern: '(.*)'}"), TEN_MB),
    'JSON of 7 MB, 20 patterns': (patterns(20, "    each: {json: '$.items[*]'}\n    fields:\n"
                                               "      id: {json: '$.id'}\n      name: {json: '$.name'}"), JSON),
    '100,000 new links': (follow(''), b''.join(b'<a href="/z/%d/a/longer/path">x</a>\n' % i for i in range(100000))),
    '100,000 links to other hosts': (follow(''), b''.join(b'<a href="http://h%d.example/z/">x</a>\n' % i
                                                          for i in range(100000))),
}


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256


def serve(port, times, body):
    """Answer every page with the same body, and note when each was asked for."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def log_message(self, *_):
            pass

        def do_GET(self):
            is_page = self.path.startswith(('/bad', '/quiet'))
            if is_page:
                times.append(time.monotonic())
            text = body if is_page else b''
            kind = 'application/json' if body[:1] == b'{' else 'text/html; charset=utf-8'
            self.wfile.write(f'HTTP/1.1 {200 if is_page else 404} -\r\nContent-Type: {kind}\r\n'
                             f'Content-Length: {len(text)}\r\n\r\n'.encode() + text)

    server = Server(('127.0.0.1', 0), Handler)
    port.put(server.server_port)
    server.serve_forever()


def start(manager, body):
    times, port = manager.list(), multiprocessing.Queue()
    process = multiprocessing.Process(target=serve, args=(port, times, body), daemon=True)
    process.start()
    return process, port.get(), times


def measure(crawl, config, body):
    """The longest gap in ms."""
    with tempfile.TemporaryDirectory() as folder, multiprocessing.Manager() as manager:
        bad, bad_port, _ = start(manager, body)
        quiet, quiet_port, times = start(manager, b'<p>quiet</p>')
        urls = [f'http://127.0.0.1:{bad_port}/bad{i}' for i in range(PAGES)]
        urls += [f'http://127.0.0.1:{quiet_port}/quiet/{i}' for i in range(QUIET)]
        for name, text in (('list', '\n'.join(urls)), ('c.yaml', config)):
            with open(f'{folder}/{name}', 'w') as file:
                file.write(text)
        command = [crawl, 'run', '-q', '-o', f'{folder}/t.db', '-c', f'{folder}/c.yaml', '--delay', '5ms', '--set',
                   'retries=0', '--max-pages', str(PAGES + QUIET), '--max-time', f'{LIMIT_S}s', f'{folder}/list']
        subprocess.run(command, stderr=subprocess.DEVNULL)
        seen = list(times)
        bad.terminate()
        quiet.terminate()
    return 1000 * max(later - earlier for earlier, later in zip(seen, seen[1:]))


def main():
    crawl = os.path.abspath(sys.argv[1])
    for name, (config, body) in KINDS.items():
        if len(sys.argv) == 2 or name.startswith(tuple(sys.argv[2:])):
            print(f'{name:32} {measure(crawl, config, body):6.0f} ms', flush=True)


if __name__ == '__main__':
    main()
