"""Programs whose calls fail: libfiu is loaded in front of the C library of programs as they are."""

import os
import stat
import subprocess
from pathlib import Path

FOLDER = Path("/usr/lib/fiu")
POSIX, CONTROLLED = FOLDER / "fiu_posix_preload.so", FOLDER / "fiu_run_preload.so"
EIO, ENOMEM, ENOSPC = 5, 12, 28


def at_hand():
    return POSIX.exists() and CONTROLLED.exists()


def nth_call(library, name, nth, number):
    """The environment in which the nth call named so fails with this error number."""
    return dict(os.environ, LD_PRELOAD=f"{POSIX} {library}", FAILING_NAME=name, FAILING_NTH=str(nth), FAILING_ERRNO=str(number))


def controlled(programs, folder):
    """A folder with the same programs; the security server in it can be told later what shall fail."""
    wrapped = Path(folder) / "programs"
    wrapped.mkdir()
    for program in Path(programs).iterdir():
        (wrapped / program.name).symlink_to(program)
    server = wrapped / "onceway-server"
    server.unlink()
    preload, pipes = f"{POSIX} {CONTROLLED}", Path(folder) / "control"
    server.write_text(f'#!/bin/sh\nLD_PRELOAD="{preload}" FIU_CTRL_FIFO="{pipes}" exec "{Path(programs) / server.name}" "$@"\n')
    server.chmod(server.stat().st_mode | stat.S_IXUSR)
    return wrapped, pipes


def tell(pipes, pid, *commands):
    """Tells a running server: "enable_random name=…,probability=…", or "disable name=…"."""
    words = [word for command in commands for word in ("-c", command)]
    subprocess.run(["fiu-ctrl", "-f", pipes, *words, str(pid)], check=True, capture_output=True, timeout=10)
