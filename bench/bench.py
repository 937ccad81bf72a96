"""bench.py BUILD: measure, show the tables, and leave them as Markdown in BUILD/bench/result.md."""
import datetime
import os
import platform
import subprocess
import sys

from cases import Bench, cases, memory_contenders
from measure import measure, measure_memory, ratio
from server import Nginx

BUSY_LOAD = 0.5  # per CPU: beyond, somebody else is at work


def first_line(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode(errors='replace').splitlines()[0].strip()
    except (OSError, IndexError):
        return None


def cpu_name():
    with open('/proc/cpuinfo', encoding='utf-8') as lines:
        name = next((line.split(':')[1].strip() for line in lines if line.startswith('model name')), 'unknown')
    return f'{os.cpu_count()} x {name}'


def system_name():
    with open('/etc/os-release', encoding='utf-8') as lines:
        name = next(line.split('=')[1].strip().strip('"') for line in lines if line.startswith('PRETTY_NAME'))
    return f'{name}, Linux {platform.release()}'


def package_version(name):
    return first_line('dpkg-query', '-W', '-f', '${Package} ${Version}', name)


def versions(bench):
    lines = [first_line(f'{bench.build}/crawl', '--version'), first_line('curl', '--version')]
    lines += [package_version(name) for name in ('nginx-light', 'wrk', 'wget2', 'python3-requests', 'python3-scrapy')]
    lines.append(f'Python {first_line("/usr/bin/python3", "--version").split()[-1]}')
    lines.append(first_line('node', '-p', f'"Node.js " + process.version + ", Crawlee " + require('
                            f'"{os.path.abspath(bench.work)}/node/node_modules/@crawlee/cheerio/package.json").version'))
    return [line for line in lines if line and 'rror' not in line and 'no packages' not in line]


def seconds(value):
    return f'{value:.3f}' if value < 10 else f'{value:.1f}'


def rate(value):
    return f'{value:,.0f}'


def cost(value):
    """Of one page: microseconds."""
    return f'{value * 1e6:,.0f}'


def row(case, contender):
    first = case.contenders[0]
    if contender.error:
        return [contender.name, 'WRONG: ' + contender.error.replace('\n', ' ')[:120], '', '', '', '', '']
    return [contender.name, seconds(contender.wall()), f'{seconds(min(contender.walls))}-{seconds(max(contender.walls))}',
            rate(case.count / contender.wall()),
            '' if contender.seconds else cost(contender.cpu() / case.count),
            '' if contender is first or first.error else f'{ratio(first, contender):.2f}',
            str(len(contender.walls))]


def table(case):
    head = ['', 'seconds', 'from-to', f'{case.unit}/s', f'CPU us/{case.unit.removesuffix("s")}', 'times as long', 'runs']
    rows = [row(case, contender) for contender in case.contenders]
    if case.bound_s:
        wall = case.contenders[0].wall() if not case.contenders[0].error else 0
        rows.append(['the bound', seconds(case.bound_s), '', rate(case.count / case.bound_s), '',
                     f'{case.bound_s / wall:.2f}' if wall else '', ''])
    return [head, *rows]


def tables(case):
    return case.tables(case) if case.tables else [(case.title, table(case))]


def memory_table(bench, say):
    rows = [['', 'first process', 'largest child', 'children', 'all together']]
    for name, contender in memory_contenders(bench):
        say(f'memory: {name}: {contender.name}')
        peak = measure_memory(contender)
        rows.append([f'{name}: {contender.name}', *(f'{value / 1e6:.0f} MB' if value else '' for value in
                     (peak.first, peak.child)), str(peak.children), f'{peak.together / 1e6:.0f} MB'])
    return rows


def as_markdown(title, rows):
    lines = [f'### {title}', '', '| ' + ' | '.join(rows[0]) + ' |', '| --- |' + ' ---: |' * (len(rows[0]) - 1)]
    lines += ['| ' + ' | '.join(row) + ' |' for row in rows[1:]]
    return '\n'.join(lines) + '\n'


def as_text(title, rows):
    widths = [max(len(row[i]) for row in rows if not row[1].startswith('WRONG') or i == 0) for i in range(len(rows[0]))]
    lines = ['  '.join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in range(1, len(row)))]).rstrip()
             for row in rows]
    return f'\n{title}\n' + '\n'.join(lines)


def say(text):
    """What is going on, on a terminal only."""
    if sys.stderr.isatty():
        print(f'\r\033[K{text}', end='', file=sys.stderr, flush=True)


def busy():
    return os.getloadavg()[0] / os.cpu_count()


def main():
    build = sys.argv[1]
    here = os.path.dirname(os.path.abspath(__file__))
    work = f'{build}/bench'
    rounds = max(1, int(os.environ.get('BENCH_ROUNDS', '5')))
    wanted = os.environ.get('BENCH', '').split()
    is_wrong = False
    load_before = busy()

    markdown = []
    with Nginx(work) as nginx:
        bench = Bench(build, here, nginx)
        for case in cases(bench, wanted):
            measure(case, rounds, say)
            say('')
            for title, rows in tables(case):
                print(as_text(title, rows), flush=True)
                markdown.append(as_markdown(title, rows))
            is_wrong |= any(contender.error for contender in case.contenders)
        if not wanted or 'memory' in wanted:
            rows = memory_table(bench, say)
            say('')
            print(as_text('Peak memory', rows), flush=True)
            markdown.append(as_markdown('Peak memory', rows))
        bench.remove_database()
        facts = [f'{datetime.date.today()}; {cpu_name()}; {system_name()}; {rounds} rounds.', '',
                 '; '.join(versions(bench)) + '.', '']
    with open(f'{work}/result.md', 'w', encoding='utf-8') as file:
        file.write('\n'.join([*facts, *markdown]))
    print(f'\n{facts[0]}\nThe same as Markdown: {work}/result.md')
    if load_before > BUSY_LOAD:
        print(f'The machine was busy when this began (load {load_before:.1f} a CPU): measure again in a quiet moment.')
    return 1 if is_wrong else 0


if __name__ == '__main__':
    sys.exit(main())
