"""Processor time: of our threads, of everything else, and what a run used of it for each exchange."""

import os
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
DISTURBED_ABOVE = 0.05  # of the cores a run may use, used by others


def parse_stat(text):
    """(name, parent, user and system ticks) of a line of /proc/…/stat; the name may hold spaces and brackets."""
    name = text[text.index("(") + 1:text.rindex(")")]
    fields = text[text.rindex(")") + 2:].split()
    return name, int(fields[1]), int(fields[11]) + int(fields[12])


def threads_of(pid):
    """Seconds that each thread of a process used, by (thread id, name)."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            name, _, ticks = parse_stat((task / "stat").read_text())
        except OSError:
            continue
        found[int(task.name), name] = ticks * TICK
    return found


def kernel_threads():
    """Seconds of the kernel's own threads: disk and network work that nobody else is charged for."""
    seconds = 0.0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            _, parent, ticks = parse_stat((entry / "stat").read_text())
        except OSError:
            continue
        if parent == 2:
            seconds += ticks * TICK
    return seconds


def parse_cores(text, cores):
    """(busy, stolen) seconds of `cores` from the text of /proc/stat; interrupts are not counted: nobody is charged them."""
    busy = stolen = 0
    for line in text.splitlines():
        label, *ticks = line.split()
        if label.startswith("cpu") and label[3:].isdigit() and int(label[3:]) in cores:
            user, nice, system, _, _, _, _, steal = (int(tick) for tick in ticks[:8])
            busy += user + nice + system
            stolen += steal
    return busy * TICK, stolen * TICK


class Watch:
    """What was used between its making and `read`, by the processes in `programs` (name: pid of each one) and by others."""

    def __init__(self, programs):
        self.programs, self.cores = programs, os.sched_getaffinity(0)
        self.before = self.look()

    def look(self):
        ours = {(program, pid): threads_of(pid) for program, pids in self.programs.items() for pid in pids}
        busy, stolen = parse_cores(Path("/proc/stat").read_text(), self.cores)
        times = os.times()  # this program, and the children that it has waited for: the load
        return {"ours": ours, "busy": busy, "stolen": stolen, "kernel": kernel_threads(),
                "load": times.user + times.system + times.children_user + times.children_system}

    def read(self, seconds):
        after = self.look()
        groups = {}
        for place, threads in after["ours"].items():
            for thread, used in threads.items():
                group = f"{place[0]}/{thread[1]}"
                groups[group] = groups.get(group, 0.0) + used - self.before["ours"].get(place, {}).get(thread, 0.0)
        load = after["load"] - self.before["load"]
        busy = after["busy"] - self.before["busy"]
        ours = sum(groups.values()) + load
        others = max(0.0, busy - ours - max(0.0, after["kernel"] - self.before["kernel"]))
        return account(groups, load, busy, others, after["stolen"] - self.before["stolen"], seconds * len(self.cores))


def account(groups, load, busy, others, stolen, capacity):
    """The account of a run, in parts of the cores' time; `groups` in seconds."""
    return {"groups": groups, "load_seconds": round(load, 3), "busy": round(busy / capacity, 3),
            "others": round(others / capacity, 3), "stolen": round(stolen / capacity, 3),
            "disturbed": (others + stolen) / capacity > DISTURBED_ABOVE}


def per_exchange(groups, exchanges):
    """Microseconds for each exchange by group of threads, what is below a tenth of one left out."""
    if exchanges == 0:
        return {}
    shown = {group: round(seconds * 1e6 / exchanges, 1) for group, seconds in sorted(groups.items())}
    return {group: us for group, us in shown.items() if us >= 0.1}
