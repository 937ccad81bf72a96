"""What processes hold while they run: memory and descriptors, as /proc says; and whether it is flat."""
import os
import statistics
import time

FIGURES = ('anon_kb', 'data_kb', 'shared_kb', 'files')


def status_of(pid):
    with open(f'/proc/{pid}/status', encoding='utf-8') as file:
        return dict(line.split(':', 1) for line in file)


def look(pid):
    """Figures of a process now, or None if it is gone. Whoever may not list its descriptors sees 0 of them."""
    try:
        status = status_of(pid)
        kilobytes = [int(status[name].split()[0]) for name in ('RssAnon', 'VmData', 'RssShmem')]
        try:
            files = len(os.listdir(f'/proc/{pid}/fd'))
        except PermissionError:
            files = 0
        return dict(zip(FIGURES, (*kilobytes, files)))
    except (OSError, KeyError, ValueError):
        return None


def children(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='utf-8') as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


class Watch:
    """Samples of a master and of its workers together, each with its second."""

    def __init__(self, pid):
        self.pid, self.began = pid, time.monotonic()
        self.master, self.workers, self.seen = [], [], set()

    def sample(self):
        second = time.monotonic() - self.began
        pids = children(self.pid)
        self.seen.update(pids)
        master, workers = look(self.pid), [figures for figures in map(look, pids) if figures]
        if master and workers:
            self.master.append({'s': second, **master})
            self.workers.append({'s': second, **{name: sum(one[name] for one in workers) for name in FIGURES}})


def half(samples, number):
    middle = (samples[0]['s'] + samples[-1]['s']) / 2
    return [one for one in samples if (one['s'] >= middle) == (number == 2)]


def growth(samples, name):
    """How much more the last tenth has than the first: a line would not see one step, nor a mean a burst."""
    tenth = max(1, len(samples) // 10)
    return statistics.median(one[name] for one in samples[-tenth:]) - statistics.median(one[name] for one in samples[:tenth])


def write(samples, path):
    with open(path, 'w', encoding='utf-8') as file:
        file.write('\t'.join(['s', *FIGURES]) + '\n')
        for one in samples:
            file.write('\t'.join([f'{one["s"]:.1f}', *(str(one[name]) for name in FIGURES)]) + '\n')
