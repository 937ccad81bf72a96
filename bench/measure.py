"""Run commands in turn, check what they did, and keep their times."""
import os
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Callable, Optional

PATIENCE_S = 60  # one that has taken so long in all is not asked again
HANG_S = 600     # a run that takes so long has hung
SAMPLE_S = 0.02  # how often memory is looked at


class Wrong(Exception):
    """A run did not do what it was asked: its time means nothing."""


@dataclass
class Contender:
    """One row of a table. A run is `command`, between `prepare` and `check`, which raises Wrong."""
    name: str
    command: list
    check: Callable = lambda output: None
    prepare: Callable = lambda: None
    repeat: int = 1                      # runs that make one measurement
    seconds: Optional[Callable] = None   # the time as the output tells it, where the clock does not
    ok_codes: tuple = (0,)
    walls: list = field(default_factory=list)
    cpus: list = field(default_factory=list)
    own_cpus: list = field(default_factory=list)  # of its first process alone
    error: str = ''

    def wall(self):
        return statistics.median(self.walls)

    def cpu(self):
        return statistics.median(self.cpus)

    def own_cpu(self):
        return statistics.median(self.own_cpus)


@dataclass
class Case:
    """One table: contenders that do the same `count` of `unit`. The first is what the others are compared with."""
    name: str
    title: str
    count: int
    unit: str
    contenders: list
    bound_s: float = 0  # no contender can be faster, for a reason that the title gives
    tables: Optional[Callable] = None  # titles and rows of its own, made from the case


def own_cpu(pid):
    """Waits for the end of a process. Returns its CPU time without its children's, in seconds."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as stat:
        user, system = stat.read().rpartition(')')[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf('SC_CLK_TCK')


def run(command, ok_codes=(0,)):
    """Returns what it printed, its wall time, the CPU time of all its processes, and of the first alone."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    timer = threading.Timer(HANG_S, process.kill)
    timer.start()
    output = process.stdout.read().decode(errors='replace')
    own = own_cpu(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode not in ok_codes:
        raise Wrong(f'ended with {process.returncode}: {output.strip()[-300:]}')
    return output, wall, usage.ru_utime + usage.ru_stime, own


def measure_once(contender):
    walls, cpus, owns = [], [], []
    for _ in range(contender.repeat):
        contender.prepare()
        output, wall, cpu, own = run(contender.command, contender.ok_codes)
        contender.check(output)
        walls.append(contender.seconds(output) if contender.seconds else wall)
        cpus.append(cpu)
        owns.append(own)
    contender.walls.append(statistics.median(walls))
    contender.cpus.append(statistics.median(cpus))
    contender.own_cpus.append(statistics.median(owns))


def measure(case, rounds, say):
    """Every round asks everybody, every other round in reverse: the machine drifts, and drifts for all."""
    for number in range(rounds):
        order = case.contenders if number % 2 == 0 else case.contenders[::-1]
        for contender in order:
            if contender.error or sum(contender.walls) * contender.repeat > PATIENCE_S:
                continue
            say(f'{case.name}: round {number + 1} of {rounds}: {contender.name}')
            try:
                measure_once(contender)
            except Wrong as error:
                contender.error = str(error)


def ratio(first, other):
    """How many times as fast as other first is: the median over the rounds that both took part in."""
    return statistics.median(b / a for a, b in zip(first.walls, other.walls))


# ---- memory ----

def family(pid):
    """The process and all below it."""
    pids = [pid]
    for one in pids:
        try:
            with open(f'/proc/{one}/task/{one}/children', encoding='ascii') as children:
                pids += map(int, children.read().split())
        except OSError:
            pass
    return pids


def figure(pid, file, label):
    """Bytes that a /proc file gives in kB; 0 if the process is gone."""
    try:
        with open(f'/proc/{pid}/{file}', encoding='ascii') as lines:
            return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(label)), 0)
    except OSError:
        return 0


@dataclass
class Memory:
    """Peaks, in bytes. What is shared counts once in `together`, and in each process that touched it elsewhere."""
    first: int = 0
    child: int = 0
    children: int = 0
    together: int = 0


def measure_memory(contender):
    contender.prepare()
    peak = Memory()
    with subprocess.Popen(contender.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          stdin=subprocess.DEVNULL) as process:
        while process.poll() is None:
            first, *others = family(process.pid)
            peak.first = max(peak.first, figure(first, 'status', 'VmHWM:'))
            peak.child = max([peak.child] + [figure(pid, 'status', 'VmHWM:') for pid in others])
            peak.children = max(peak.children, len(others))
            peak.together = max(peak.together, sum(figure(pid, 'smaps_rollup', 'Pss:') for pid in [first, *others]))
            time.sleep(SAMPLE_S)
    return peak
