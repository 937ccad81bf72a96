"""hostile.py CERTIFICATE KEY: the answers of tests/data/hostile, served until standard input ends.

http.tsv stands at one port of sixteen addresses (127.0.1.1 and those after it): /alone/N/... is row N on whatever
connection, /good/N/... a good page, /kept/N/... row N behind it. A row of tls.tsv, https.tsv or http2.tsv has a port of
its own at 127.0.0.1. What is where is printed as one line of JSON; the tables are read as tests/support/hostile.c does.
"""
import asyncio
import fcntl
import json
import os
import re
import socket
import ssl
import struct
import sys
import termios

TABLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../tests/data/hostile')
ADDRESSES = [f'127.0.1.{number}' for number in range(1, 17)]
REQUEST_MAX = 64 * 1024
PATIENCE_S = 15   # of a connection that brings nothing: the client's own time-out is shorter
SENT_S = 1        # what a client gets to take what was sent, before a reset
PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
FRAME_BYTES, FRAME_HEADERS = 9, 1
CODES = {'r': b'\r', 'n': b'\n', 't': b'\t', '\\': b'\\', '{': b'{'}


# ---- the tables ----

def unescape(text):
    parts = (part.groups() for part in re.finditer(r'\\x(..)|\\(.)|([^\\]+)', text, re.S))
    return b''.join(bytes.fromhex(hexadecimal) if hexadecimal else CODES[name] if name else plain.encode()
                    for hexadecimal, name, plain in parts)


def repeat(text):
    return re.sub(r'(\\.)|\{(\d+)\*([^}]*)\}', lambda part: part[1] or int(part[2]) * part[3], text, flags=re.S)


def frame(text):
    if text.startswith('raw:'):
        return unescape(text[4:])
    head, payload = text.split(':', 1)
    kind, flags, stream = head.split('.')
    payload = unescape(payload)
    return struct.pack('>I', len(payload))[1:] + bytes([int(kind, 16), int(flags, 16), 0, 0, 0, int(stream)]) + payload


class Row:
    def __init__(self, line, is_framed):
        self.name, self.wanted, self.end, text = line.split('\t', 3)
        text = repeat(text)
        self.bytes = b''.join(map(frame, text.split())) if is_framed else unescape(text)

    def fits(self, outcome, size, title):
        """Is that a page of the row?"""
        for word in self.wanted.split('|'):
            if word.startswith('ok'):
                whole = int(word[3:]) if word.startswith('ok=') else 16
                if (outcome, size or 0, title) == ('ok', whole, 't' if whole > 0 else None):
                    return True
            elif word == outcome:
                return True
        return False


def read_table(name):
    with open(f'{TABLES}/{name}.tsv', encoding='utf-8', newline='\n') as file:
        lines = [line.removesuffix('\n') for line in file]
    return [Row(line, name == 'http2') for line in lines if line and not line.startswith('#')]


# ---- the ends of a connection ----

async def wait_until_sent(writer):
    file = writer.get_extra_info('socket').fileno()
    for _ in range(SENT_S * 50):
        left = struct.unpack('i', fcntl.ioctl(file, termios.TIOCOUTQ, bytes(4)))[0] if file >= 0 else 0
        if left == 0:
            return
        await asyncio.sleep(0.02)


async def end_connection(reader, writer, end):
    """A close waits for the client's, whose rest would make a reset of it; who stays waits for it, too."""
    if end == 'reset':
        await wait_until_sent(writer)
        writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        return
    if end == 'close':
        writer.write_eof()
    while await reader.read(4096):
        pass


async def send(writer, data):
    writer.write(data)
    await writer.drain()


# ---- HTTP ----

def good_page(number):
    page = f'<title>good {number}</title>'
    return f'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n{page}'.encode()


class Http:
    def __init__(self, rows):
        self.rows = rows

    async def serve(self, reader, writer):
        while True:
            request = await reader.readuntil(b'\r\n\r\n')
            asked = re.match(rb'GET /([a-z]+)/(\d+)/', request)
            if not asked or int(asked[2]) >= len(self.rows):
                return
            if asked[1] == b'good':
                await send(writer, good_page(int(asked[2])))
                continue
            row = self.rows[int(asked[2])]
            await send(writer, row.bytes)
            if row.end != 'stay':
                await end_connection(reader, writer, row.end)
                return


# ---- TLS ----

class Raw:
    """The row is the answer to the client's hello."""
    def __init__(self, row):
        self.row = row

    async def serve(self, reader, writer):
        if await reader.read(4096):
            await send(writer, self.row.bytes)
            await end_connection(reader, writer, self.row.end)


def has_request(data):
    """Is a request's head there, of HTTP/2 or of HTTP/1.1?"""
    if not data.startswith(PREFACE):
        return b'\r\n\r\n' in data and not data.startswith(b'PRI')
    at = len(PREFACE)
    while at + FRAME_BYTES <= len(data):
        kind = data[at + 3]
        at += FRAME_BYTES + int.from_bytes(data[at:at + 3], 'big')
        if kind == FRAME_HEADERS and at <= len(data):
            return True
    return False


class Tls:
    """One connection of TLS, by hand: what ends it, and how, is for the row to say."""
    def __init__(self, context, reader, writer):
        self.reader, self.writer = reader, writer
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    async def flush(self):
        if self.outgoing.pending:
            await send(self.writer, self.outgoing.read())

    async def until_done(self, step):
        """What step gives, or None at the end of the connection."""
        while True:
            try:
                got = step()
                await self.flush()
                return got
            except ssl.SSLWantReadError:
                await self.flush()
                data = await self.reader.read(REQUEST_MAX)
                if not data:
                    return None
                self.incoming.write(data)

    async def handshake(self):
        return await self.until_done(lambda: self.tls.do_handshake() or True)

    async def read(self):
        return await self.until_done(lambda: self.tls.read(REQUEST_MAX))

    async def write(self, data):
        self.tls.write(data)
        await self.flush()

    async def notify(self):
        try:
            self.tls.unwrap()
        except ssl.SSLError:
            pass  # it has been said; what the client says does not matter
        await self.flush()


class Https:
    """The row goes through TLS when the request has come; a second request of the connection ends it."""
    def __init__(self, row, context):
        self.row, self.context = row, context

    async def serve(self, reader, writer):
        tls = Tls(self.context, reader, writer)
        request = b''
        if not await tls.handshake():
            return
        while not has_request(request):
            data = await tls.read()
            if not data or len(request) > REQUEST_MAX:
                return
            request += data
        if self.row.bytes:
            await tls.write(self.row.bytes)
        await self.end(tls)

    async def end(self, tls):
        if self.row.end == 'close':
            await tls.notify()
        if self.row.end != 'stay':
            await end_connection(tls.reader, tls.writer, self.row.end)
            return
        while True:  # what belongs to HTTP/2 itself is heard; a head is another request
            data = await tls.read()
            if not data or b'GET ' in data or has_request(PREFACE + data):
                return


def context_of(certificate, key, protocol):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    if protocol:
        context.set_alpn_protocols([protocol])
    return context


# ---- all of them ----

def on_connection(serve):
    async def whole_life(reader, writer):
        try:
            await asyncio.wait_for(serve(reader, writer), PATIENCE_S)
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError):
            pass  # clients give up on what is served here
        finally:
            writer.transport.abort() if writer.transport.is_closing() else writer.close()
    return whole_life


async def open_port(serve, address='127.0.0.1', port=0):
    server = await asyncio.start_server(on_connection(serve), address, port, backlog=256)
    return server.sockets[0].getsockname()[1]


async def serve_all(certificate, key):
    http = Http(read_table('http'))
    ports = {'http': await open_port(http.serve, ADDRESSES[0]), 'tls': [], 'https': [], 'http2': []}
    for address in ADDRESSES[1:]:
        await open_port(http.serve, address, ports['http'])
    for row in read_table('tls'):
        ports['tls'].append(await open_port(Raw(row).serve))
    for name, protocol in (('https', None), ('http2', 'h2')):
        context = context_of(certificate, key, protocol)
        for row in read_table(name):
            ports[name].append(await open_port(Https(row, context).serve))
    print(json.dumps(ports), flush=True)
    parent = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(parent), sys.stdin)
    await parent.read()


if __name__ == '__main__':
    asyncio.run(serve_all(sys.argv[1], sys.argv[2]))
