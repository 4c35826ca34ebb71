"""One command after the other with its n-th call failing, n = 1, 2, 3 …: each ends with the right answer, or says that it
could not tell. Never a wrong answer, never a crash in our own code."""

import concurrent.futures
import os
import shutil
import signal
import subprocess

from preloaded import EIO, ENOMEM, ENOSPC, nth_call

FAMILIES = [("posix/io/*", EIO), ("posix/io/*", ENOSPC), ("libc/mm/*", ENOMEM)]
COULD_NOT_TELL = 2


class Trial:
    """A command without lasting effect. `right`: its statuses when nothing fails."""
    first, spread, side_by_side = 16, 16, os.cpu_count()  # the first calls each, then so many over the rest

    def __init__(self, name, command, right):
        self.name, self.command, self.right = name, [str(word) for word in command], right

    def attempt(self, environment):
        return subprocess.run(self.command, env=environment, capture_output=True, text=True, errors="replace", timeout=60)

    def after(self, status):
        """What is wrong with what it left behind."""


class Making(Trial):
    """`onceway-server init`: a whole server, or nothing."""
    first, spread, side_by_side = 6, 10, 1

    def __init__(self, name, program, folder):
        super().__init__(name, [program, "init", folder, "--id", "T/GOV/1/ss1", "--new-pin"], {0, 1})
        self.program, self.folder = program, folder

    def attempt(self, environment):
        shutil.rmtree(self.folder, ignore_errors=True)
        return super().attempt(environment)

    def after(self, status):
        if not self.folder.exists():
            return "it succeeded and made nothing" if status == 0 else None
        whole = subprocess.run([self.program, "--dir", self.folder, "state"], capture_output=True, text=True, timeout=60)
        if whole.returncode != 0:
            return f"what it left cannot be used: {whole.stderr.strip()[-300:]}"


class Applying(Trial):
    """`onceway-server apply`: said and done, or not."""
    first, spread, side_by_side = 10, 15, 1

    def __init__(self, name, program, folder, states):
        super().__init__(name, [program, "--dir", folder, "apply", states[0], "--yes"], {0, 1})
        self.program, self.folder, self.states, self.turn = program, folder, states, 0

    def attempt(self, environment):
        self.turn += 1
        self.command[-2] = str(self.wanted)
        return super().attempt(environment)

    @property
    def wanted(self):
        return self.states[self.turn % 2]

    def after(self, status):
        shown = subprocess.run([self.program, "--dir", self.folder, "state"], capture_output=True, text=True, timeout=60)
        if shown.returncode != 0:
            return f"the state cannot be read afterwards: {shown.stderr.strip()[-300:]}"
        if status == 0 and ("T/GOV/1/b" in shown.stdout) != ("T/GOV/1/b" in self.wanted.read_text()):
            return "it says that it was applied, and another state is in force"


def moments(calls, first, spread):
    """Which calls fail: each of the first, and others at equal distances."""
    return [*range(1, min(first, calls) + 1), *range(first + 1, calls + 1, max(1, (calls - first) // spread))]


def trouble(trial, family, done):
    """Why this end is not one that was promised; none when it is."""
    if done.returncode in trial.right or done.returncode == COULD_NOT_TELL:
        return None
    if family.startswith("libc/mm"):
        if done.returncode == -signal.SIGABRT and "bad_alloc" in done.stderr:
            return None  # where the C++ library itself has promised not to throw, or before `main`
        if any(f"crash in {library}" in done.stderr for library in ("libcrypto", "libssl", "libxml2", "libstdc++")):
            return None  # no code of ours; what a log holds survives any end of its process
    return f"status {done.returncode}: {(done.stderr or done.stdout).strip()[-400:]}"


def hold(trial, library, say):
    """The command with each chosen call failing, for each family; gives what broke."""
    broken = []
    for family, number in FAMILIES:
        whole = trial.attempt(nth_call(library, family, 1 << 40, number))
        calls = int(whole.stderr.rpartition("failing calls: ")[2].split()[0])

        def attempt(nth):
            done = trial.attempt(nth_call(library, family, nth, number))
            why = trouble(trial, family, done) or trial.after(done.returncode)
            return f"{trial.name}: {family} call {nth} of {calls}, errno {number}: {why}" if why else None

        chosen = moments(calls, trial.first, trial.spread)
        with concurrent.futures.ThreadPoolExecutor(trial.side_by_side) as pool:
            broken += [why for why in pool.map(attempt, chosen) if why]
        say(f"{trial.name:24} {family:12} errno {number:3}: {len(chosen):3} of {calls:6} calls failed in turn")
    return broken
