"""What is crawled: pages made here, Debian's documentation, nginx and the test site on loopback."""
import os
import resource
import socket
import subprocess
import time

BOARD_PAGES = 20000
BOARD_ROWS = 10
START_S = 10
NGINX_PROGRAM = '/usr/sbin/nginx'

FILM = '''
                <dd>
                        <i class="board-index board-index-{rank}">{rank}</i>
    <a href="/films/{film}" title="影片{film}" class="image-link" data-act="boarditem-click" data-val="{{movieId:{film}}}">
      <img src="//static.example/image/loading_2.e3d934bf.png" alt="" class="poster-default" />
      <img data-src="http://static.example/movie/{film}.jpg@160w_220h_1e_1c" alt="影片{film}" class="board-img" />
    </a>
    <div class="board-item-main">
      <div class="board-item-content">
              <div class="movie-item-info">
        <p class="name"><a href="/films/{film}" title="影片{film}" data-act="boarditem-click">影片{film}</a></p>
        <p class="star">
                主演：演员甲,演员乙,演员丙
        </p>
<p class="releasetime">上映时间：2018-0{month}-1{day}</p>    </div>
    <div class="movie-item-number score-num">
<p class="score"><i class="integer">{whole}.</i><i class="fraction">{tenth}</i></p>
    </div>
      </div>
    </div>
                </dd>'''

PAGE = '''<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>board {number}</title></head>
<body><dl class="board-wrapper">{films}</dl>
</body></html>
'''

NGINX = '''
{user}
worker_processes 1;
pid {work}/nginx.pid;
error_log {work}/nginx.log;
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; multi_accept on; }}
http {{
  include /etc/nginx/mime.types;
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_requests 10000000; open_file_cache max={cached};
  client_body_temp_path {work}/nginx/a; proxy_temp_path {work}/nginx/b; fastcgi_temp_path {work}/nginx/c;
  uwsgi_temp_path {work}/nginx/d; scgi_temp_path {work}/nginx/e;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {work}/www; }}
  server {{ listen {any_port} backlog=4096; allow 127.0.0.0/8; deny all; root {work}/www; }}
  server {{
    listen 127.0.0.1:{tls_port} ssl http2 backlog=4096; root {work}/www;
    ssl_certificate {work}/tls/cert.pem; ssl_certificate_key {work}/tls/key.pem;
    if ($server_protocol != HTTP/2.0) {{ return 505; }}
  }}
}}
'''


def film(page, rank):
    return FILM.format(rank=rank, film=page * BOARD_ROWS + rank, month=rank % 9 + 1, day=rank % 10,
                       whole=9 - rank % 3, tenth=rank % 10)


def make_board(work):
    """20,000 pages of 10 KB, with 10 films each."""
    done = f'{work}/www/board/done'
    if os.path.exists(done):
        return
    os.makedirs(f'{work}/www/board', exist_ok=True)
    for number in range(BOARD_PAGES):
        with open(f'{work}/www/board/{number}.html', 'w', encoding='utf-8') as page:
            page.write(PAGE.format(number=number, films=''.join(film(number, rank) for rank in range(1, BOARD_ROWS + 1))))
    with open(done, 'w', encoding='utf-8'):
        pass


def link_docs(work):
    """The documentation below /api/.  False if it could not be had."""
    api = f'{os.path.abspath(work)}/docs/usr/share/doc/openjdk-17-jre-headless/api'
    if not os.path.exists(f'{work}/docs/done') or not os.path.exists(f'{api}/index.html'):
        return False
    os.makedirs(f'{work}/www', exist_ok=True)
    if not os.path.islink(f'{work}/www/api'):
        os.symlink(api, f'{work}/www/api')
    return True


def make_small_page(work):
    with open(f'{work}/www/small.html', 'w', encoding='utf-8') as page:
        page.write('<!DOCTYPE html><title>small</title>' + '<p>a paragraph of a small page' * 30)


def make_certificate(work):
    if os.path.exists(f'{work}/tls/cert.pem'):
        return
    os.makedirs(f'{work}/tls', exist_ok=True)
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                    '-days', '3650', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
                    '-keyout', f'{work}/tls/key.pem', '-out', f'{work}/tls/cert.pem'],
                   check=True, stderr=subprocess.DEVNULL)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_for(port):
    end = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(('127.0.0.1', port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


class Nginx:
    """One worker process.  Started when it is first asked for a URL, ended by the end of `with`."""

    def __init__(self, work):
        self.work = os.path.abspath(work)
        self.port, self.tls_port, self.any_port = free_port(), free_port(), free_port()
        self.process = None

    def write_config(self):
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        os.makedirs(f'{self.work}/nginx', exist_ok=True)
        # Files kept open and connections share the limit: beyond it nginx answers 500.
        config = NGINX.format(work=self.work, port=self.port, tls_port=self.tls_port, any_port=self.any_port, files=files,
                              connections=min(files // 4, 16384), cached=min(files // 4, 30000),
                              user='user root;' if os.geteuid() == 0 else '')
        with open(f'{self.work}/nginx.conf', 'w', encoding='utf-8') as file:
            file.write(config)

    def start(self):
        if self.process:
            return
        make_board(self.work)
        make_small_page(self.work)
        make_certificate(self.work)
        self.write_config()
        self.process = subprocess.Popen([NGINX_PROGRAM, '-c', f'{self.work}/nginx.conf', '-g', 'daemon off;'],
                                        stderr=subprocess.DEVNULL)
        wait_for(self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait()

    def url(self, path):
        self.start()
        return f'http://127.0.0.1:{self.port}/{path}'

    def host_url(self, number, path):
        """At one of many hosts: 127.1.0.0 and those after it."""
        self.start()
        return f'http://127.{1 + (number >> 16)}.{number >> 8 & 255}.{number & 255}:{self.any_port}/{path}'

    def tls_url(self, path):
        self.start()
        return f'https://127.0.0.1:{self.tls_port}/{path}'


class Site:
    """The test site on so many addresses: 127.0.0.1 and those after it, one port."""

    def __init__(self, build, addresses, seconds=600):
        self.command = [f'{build}/site', '--die-with-parent', '--addresses', str(addresses), '--seconds', str(seconds)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().decode().strip().rstrip('/').rsplit(':', 1)[1])
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
