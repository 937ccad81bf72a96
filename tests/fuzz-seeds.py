"""Usage: tests/fuzz-seeds.py FOLDER

Inputs for the fuzzers to begin with, in FOLDER/NAME: the strings of the unit tests' tables, which
know what each parser looks for.  A row's first two strings are one input where the fuzzer takes two
things, with a NUL between them.
"""
import gzip, hashlib, os, re, sys, zlib

STRING = r'"(?:[^"\\\n]|\\.)*"'
TEXT = re.compile(rf"(?:SLICE\()?({STRING}(?:\s*{STRING})*)\)?")
PAIR = re.compile(rf"\{{\s*({STRING}(?:\s*{STRING})*),\s*({STRING}(?:\s*{STRING})*)")
ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]+|[0-7]{1,3}|.)")
LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"f": b"\f", b"v": b"\v", b"a": b"\a", b"b": b"\b"}
TABLES = {  # a fuzzer: unit tests; before each string; behind it; are they pairs?
    "charset": (["charset", "charset_encode"], b"", b"", True),
    "cookie": (["cookie_line", "jar"], b"", b"\n", False),
    "form": (["form"], b"\0", b"", False),
    "head": (["fetch_head", "robots_tag"], b"", b"\r\n", False),
    "json": (["json_path", "selector_json"], b"", b"", True),
    "links": (["links", "tags", "html"], b"\0", b"", False),
    "list": (["seeds", "input"], b"", b"\n", False),
    "paged": (["paged"], b"", b"", True),
    "proxy": (["proxy_line", "proxies"], b"", b"", False),
    "request": (["request", "config_request", "seeds"], b"", b"", False),
    "robots": (["robots", "robots_tag"], b"/a/b?c\0", b"\n", False),
    "sitemap": (["sitemap"], b"", b"", False),
    "url": (["url", "domain", "address"], b"http://a/b/c?d\0", b"", False),
    "yaml": (["yaml_tree", "config"], b"", b"\n", False),
}


def meant(literals):
    """The bytes of C strings that stand side by side."""
    def letter(match):
        code = match[1]
        if code[:1] == b"x":
            return bytes([int(code[1:], 16) & 255])
        if code[:1].isdigit():
            return bytes([int(code, 8) & 255])
        return LETTERS.get(code, code)
    return b"".join(ESCAPE.sub(letter, part[1:-1].encode()) for part in re.findall(STRING, literals))


def strings(test, are_pairs):
    with open(f"tests/unit/test_{test}.c", encoding="utf-8") as file:
        text = re.sub(r"^#[^\n]*|/\*.*?\*/", "", file.read(), flags=re.M | re.S)
    if are_pairs:
        return [meant(match[1]) + b"\0" + meant(match[2]) for match in PAIR.finditer(text)]
    return [meant(match[1]) for match in TEXT.finditer(text)]


def inputs(name):
    tests, before, behind, are_pairs = TABLES[name]
    found = [before + one + behind for test in tests for one in strings(test, are_pairs)]
    if name in ("links", "form"):
        found += [b"\1" + one[1:] for one in found]  # the same as XHTML
    if name in ("cookie", "head"):
        found += [b"".join(found[at : at + 20]) for at in range(0, len(found), 20)]
    if name == "charset":
        with open("parsers/charset/charset_label.c", encoding="utf-8") as file:
            labels = re.findall(r'\{ "([^"]+)"', file.read())
        some = bytes(range(256)) + b"".join(bytes([high, low]) for high in range(0x81, 0xFF, 3)
                                            for low in (0x30, 0x41, 0x7E, 0x80, 0xA1, 0xFE))
        found += [f"text/html; charset={label}".encode() + b"\0" + some for label in labels]
        found += [b"text/html; charset=iso-2022-jp\0\x1b$B0!\x1b(J\\\x1b(I1\x1b(B\x1b$@0!0"]
        found += [b"\0" + mark + some for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")]
        found += [b"\0" + one.split(b"\0", 1)[-1] for one in found]
    if name == "url":
        with open("tests/data/url/resolve.tsv", "rb") as file:
            found += [b"\0".join(line.split(b"\t")[:2]) for line in file.read().splitlines()]
    return found


def codings():
    """A byte, two bits a layer and how many there are; the step; then what is compressed."""
    text, raw = b"hello " * 20, zlib.compressobj(9, zlib.DEFLATED, -15)
    br = bytes.fromhex("1b7700f88d946ede445586966c206f115b1c80c501")
    zstd = bytes.fromhex("28b52ffd04586d00003068656c6c6f2001002f6929027a3e7c28")
    frame = bytes.fromhex("502a4d1804000000") + b"skip"
    deflated = raw.compress(text) + raw.flush()
    for bits, body in ((0, text), (64, gzip.compress(text)), (64, gzip.compress(text) * 2),
                       (65, zlib.compress(text)), (65, deflated), (66, br), (67, zstd),
                       (67, frame + zstd), (67, zstd + zstd), (129, zlib.compress(gzip.compress(text))),
                       (132, zlib.compress(gzip.compress(text)))):
        for step in (0, 255):
            for cut in (len(body), len(body) // 2):
                yield bytes([bits, step]) + body[:cut]
        yield bytes([bits, 7]) + body + b"more"


def main(folder):
    for name in [*TABLES, "coding"]:
        os.makedirs(f"{folder}/fuzz_{name}", exist_ok=True)
        for one in inputs(name) if name in TABLES else codings():
            if 0 < len(one) <= 4096:
                with open(f"{folder}/fuzz_{name}/{hashlib.sha1(one).hexdigest()[:16]}", "wb") as file:
                    file.write(one)


main(sys.argv[1])
