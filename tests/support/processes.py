"""Processes of a small state: started, watched, and ended by id."""

import os
import signal
import subprocess
import time
from pathlib import Path


class Failed(Exception):
    """A program did not do what a journey needs; the text says which, and where its output is."""


class Processes:
    """Everything that was started, so that nothing is left running."""

    def __init__(self, logs: Path):
        self.logs = logs
        self.running: dict[str, subprocess.Popen] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name, command, **more):
        """Starts `command` with its output in a log file of its own."""
        log = open(self.logs / f"{name}.log", "ab")
        # A session of its own: Ctrl-C reaches us, and we end them in order.
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True, **more)
        log.close()
        self.running[name] = process
        return process

    def log_of(self, name):
        path = self.logs / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_until(self, name, ready, seconds=10.0):
        """Waits until `ready()` is true; fails at once when the program has ended."""
        process = self.running[name]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if ready():
                return
            if process.poll() is not None:
                raise Failed(f"{name} ended with status {process.returncode}:\n{self.tail(name)}")
            time.sleep(0.02)
        raise Failed(f"{name} was not ready within {seconds:g} s:\n{self.tail(name)}")

    def tail(self, name, lines=12):
        return "\n".join("    " + line for line in self.log_of(name).splitlines()[-lines:])

    def stop(self, name, seconds=10.0):
        process = self.running.pop(name, None)
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        self.wait_for_end(process, seconds)

    def wait_for_end(self, process, seconds):
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_all(self):
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            self.wait_for_end(process, 10.0)
        self.running.clear()

    def sanitizers_say(self):
        """What sanitizers wrote into the logs; builds without them write nothing of the kind."""
        words = ("Sanitizer:", ": runtime error:")
        return [f"{log.stem}: {line}" for log in sorted(self.logs.glob("*.log"))
                for line in log.read_text(errors="replace").splitlines() if any(word in line for word in words)]

    def left(self, started):
        """How many of the process ids in `started` still run."""
        return sum(1 for pid in started if os.path.exists(f"/proc/{pid}"))


def run(command, *, given=None, ok=(0,), **more):
    """Runs a program to its end and returns what it printed; fails with its own words."""
    done = subprocess.run([str(part) for part in command], input=given, capture_output=True, text=True, timeout=120, **more)
    if done.returncode not in ok:
        words = (done.stderr or done.stdout).strip()
        raise Failed(f"{Path(str(command[0])).name} {' '.join(map(str, command[1:3]))} ended with status "
                     f"{done.returncode}: {words[-2000:]}")
    return done
