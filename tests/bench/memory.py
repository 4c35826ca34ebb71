"""What a process held at most, as the kernel counts it."""

from pathlib import Path


def field_of(pid, name):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def highest_kib(pid):
    return field_of(pid, "VmHWM")


def resident_kib(pid):
    return field_of(pid, "VmRSS")


def forget_highest(pid):
    """From now on the highest is counted anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def family_of(pid):
    """The process and its children: nginx keeps workers."""
    children = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children += [int(child) for child in (task / "children").read_text().split()]
    return [pid, *(one for child in children for one in family_of(child))]
