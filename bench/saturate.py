"""Where one master saturates: what a page costs it, by size and rows, and how many workers and cores that feeds."""
import json
import random
import statistics
from dataclasses import dataclass, field

from measure import Case, Contender, Wrong
from server import PAGE, film

URLS = 8000
SEED = 20240229        # of the words between the films
VOCABULARY = 60        # so that zstd takes a page to about a quarter, as it does real ones
SITE_KB, SITE_LINKS = 26, 50
SIZES = {2: (0, 1), 10: (0, 1, 10), 50: (0, 1, 10, 50)}  # KB: rows that fit
WORKERS = (2, 4, 16)   # stand-ins; one elsewhere
CORES = (2, 4, 16, 64)
# CPU us a page of a real worker, of docs/performance.md: for when there is no server for whole crawls.
WORKER_US = {'board': 32, 'site': 92, 'kept': 140}


@dataclass
class Load(Contender):
    """Pages of one kind, and what each run told of the master."""
    kilobytes: int = 0
    rows: int = 0
    links: int = 0
    keeps: bool = False
    workers: int = 1
    figures: list = field(default_factory=list)

    def middle(self, figure):
        return statistics.median(run[figure] for run in self.figures)

    def span(self, figure):
        return f'{min(run[figure] for run in self.figures):.1f}-{max(run[figure] for run in self.figures):.1f}'

    def is_plain(self):
        return self.links == 0 and self.workers == 1


# ---- pages ----

def words(size, source):
    """So many bytes of text without films."""
    letters = 'abcdefghijklmnoprstuvw'
    vocabulary = [''.join(source.choices(letters, k=source.randint(2, 9))) for _ in range(VOCABULARY)]
    text = ''
    while len(text) < size:
        text += f'<p>{" ".join(source.choices(vocabulary, k=12))}</p>\n'
    return text[:size - 1] + '\n' if size > 0 else ''


def make_page(path, kilobytes, rows, links):
    """Films and links stand at even distances in the text."""
    source = random.Random(SEED)
    things = [film(0, rank) for rank in range(1, rows + 1)]
    things += [f'<a href="{number}.html">{number}</a>\n' for number in range(links)]
    left = kilobytes * 1000 - len(PAGE.format(number=0, films=''.join(things)).encode())
    if left < 0:
        raise ValueError(f'{rows} rows do not fit {kilobytes} KB')
    text = words(left, source)
    share = len(text) // (len(things) + 1)
    parts = [text[i * share:(i + 1) * share] + thing for i, thing in enumerate(things)]
    parts.append(text[len(things) * share:])
    with open(path, 'w', encoding='utf-8') as page:
        page.write(PAGE.format(number=0, films=''.join(parts)))


# ---- runs ----

def check(bench, load, output):
    """The program has counted pages and rows; here is what stands in them."""
    bench.check_pages(URLS)
    kept, = bench.ask('SELECT count(*) FROM bodies')
    if kept != URLS * load.keeps:
        raise Wrong(f'{kept} pages are kept')
    if load.rows > 0:
        found = bench.ask('SELECT count(*), sum("index"), count(DISTINCT title), min(time), max(score) FROM films')
        wanted = (URLS * load.rows, URLS * load.rows * (load.rows + 1) // 2, load.rows)
        if found[:3] != wanted or not found[3].startswith('2018-') or not 7 <= found[4] < 10:
            raise Wrong(f'the rows are {found} instead of {wanted}')
    load.figures.append(json.loads(output))


def make_load(bench, kilobytes, rows, links=0, keeps=False, workers=1):
    name = f'{kilobytes} KB, ' + (f'{links} links' if links else f'{rows} rows' if rows != 1 else '1 row')
    name += ', kept' if keeps else ''
    page = f'{bench.work}/saturate-{kilobytes}-{rows}-{links}.html'
    make_page(page, kilobytes, rows, links)
    config = 'follow.yaml' if links else 'bench.yaml'
    command = [f'{bench.work}/saturate', '-j', str(workers), '-n', str(URLS), '-r', str(rows),
               *(['-k'] if keeps else []), f'{bench.here}/{config}', page, bench.database]
    load = Load(name, command, prepare=bench.remove_database, kilobytes=kilobytes, rows=rows, links=links, keeps=keeps,
                workers=workers)
    load.check = lambda output: check(bench, load, output)
    return load


def saturate(bench, crawls):
    """crawls: whole ones, by kind and with their pages; measured in the same rounds."""
    loads = [make_load(bench, kilobytes, count) for kilobytes, rows in SIZES.items() for count in rows]
    loads += [make_load(bench, 10, 10, workers=workers) for workers in WORKERS]
    loads += [make_load(bench, SITE_KB, 0, SITE_LINKS), make_load(bench, SITE_KB, 0, SITE_LINKS, workers=WORKERS[-1]),
              make_load(bench, SITE_KB, 0, SITE_LINKS, keeps=True)]
    return Case('saturate', f'One master, with workers that cost nothing: {URLS:,} pages', URLS, 'pages',
                loads + [crawl for crawl, _ in crawls.values()], tables=lambda case: tables(case.title, loads, crawls))


# ---- a model: us = a + b * KB + c * rows ----

def solve(matrix, right):
    """Gauss, for as many equations as unknowns."""
    rows = [[*line, value] for line, value in zip(matrix, right)]
    for i in range(len(rows)):
        pivot = max(range(i, len(rows)), key=lambda line: abs(rows[line][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j in range(len(rows)):
            if j != i:
                rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i])]
    return [line[-1] for line in rows]


def terms(load):
    return (1, load.kilobytes, load.rows)


def fit(loads):
    """Least squares of what it is off in parts of each cost, so that cheap pages count as much as dear ones."""
    lines = [[term / load.middle('master_us') for term in terms(load)] for load in loads]
    size = len(lines[0])
    matrix = [[sum(line[i] * line[j] for line in lines) for j in range(size)] for i in range(size)]
    return solve(matrix, [sum(line[i] for line in lines) for i in range(size)])


def expected(model, load):
    return sum(factor * term for factor, term in zip(model, terms(load)))


# ---- tables ----

def wrong(contender):
    return [contender.name, 'WRONG: ' + contender.error.replace('\n', ' ')[:120], *[''] * 8]


def cost_table(loads, model):
    rows = [['page', 'workers', 'master us/page', 'from-to', 'of it kernel', 'KB written', 'model', 'off',
             'measured pages/s', 'pages/s of its core']]
    for load in loads:
        if load.error:
            rows.append(wrong(load))
            continue
        us = load.middle('master_us')
        modelled = ['', '']
        if model and load.links == 0:
            modelled = [f'{expected(model, load):.1f}', f'{expected(model, load) / us - 1:+.0%}']
        rows.append([load.name, str(load.workers), f'{us:.1f}', load.span('master_us'),
                     f'{load.middle("system_us"):.1f}', f'{load.middle("written_kb"):.1f}', *modelled,
                     f'{URLS / load.middle("seconds"):,.0f}', f'{1e6 / us:,.0f}'])
    return rows


def model_table(loads, model):
    off = [abs(expected(model, load) / load.middle('master_us') - 1) for load in loads]
    return [['', 'us'], ['a page', f'{model[0]:.1f}'], ['a KB of it', f'{model[1]:.2f}'], ['a row', f'{model[2]:.2f}'],
            ['off by, at most', f'{max(off):.0%}'], ['off by, in the middle', f'{statistics.median(off):.0%}']]


def whole_costs(crawls, kind):
    """Master and worker of a whole crawl, in us a page; of the master nothing is known without a server."""
    crawl, pages = crawls.get(kind, (None, 0))
    if not crawl:
        return None, WORKER_US[kind]
    return crawl.own_cpu() * 1e6 / pages, (crawl.cpu() - crawl.own_cpu()) * 1e6 / pages


def cores_row(crawls, kind, name, load):
    """All cores work, until the master's does nothing else. Each URL was added once: by a list, or by a link."""
    alone = load.middle('master_us') + load.middle('add_us')
    whole, worker = whole_costs(crawls, kind)
    rates = [min(1e6 / alone, cores * 1e6 / (alone + worker)) for cores in CORES]
    return [name, f'{alone:.0f}', f'{whole:.0f}' if whole else '', f'{worker:.0f}', f'{worker / alone:.1f}',
            *(f'{rate:,.0f}' for rate in rates), f'{load.middle("written_kb") / alone * 1000:.0f}']


def cores_table(loads, crawls):
    board = next(load for load in loads if (load.kilobytes, load.rows, load.workers) == (10, 10, 1))
    site = next(load for load in loads if load.links and not load.keeps)
    kept = next(load for load in loads if load.keeps)
    return [['', 'master alone, us', 'in a whole crawl', 'worker us', 'workers it feeds',
             *(f'{cores} cores: pages/s' for cores in CORES), 'MB/s to disk, at most'],
            cores_row(crawls, 'board', 'board', board),
            cores_row(crawls, 'site', 'site, pages not kept', site),
            cores_row(crawls, 'kept', 'site, pages kept', kept)]


def tables(title, loads, crawls):
    """Titles and rows."""
    plain = [load for load in loads if load.is_plain() and not load.error]
    model = fit(plain) if len(plain) > 3 else None
    yield title, cost_table(loads, model) + [wrong(crawl) for crawl, _ in crawls.values() if crawl.error]
    if model:
        yield 'One master: us = a page + KB + rows', model_table(plain, model)
    if not any(one.error for one in [*loads, *(crawl for crawl, _ in crawls.values())]):
        yield 'One master and so many cores', cores_table(loads, crawls)
