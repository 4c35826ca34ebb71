"""SOAP software that others wrote, fetched once from the registries of its languages and kept outside the build folder.

Where a tool or a registry is missing, `Unavailable` says which: journeys skip then, aloud. What is fetched is named with
its version in tests/journeys/foreign."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

LISTS = Path(__file__).resolve().parents[1] / "journeys/foreign"
SECONDS_TO_FETCH = 60


class Unavailable(Exception):
    """Foreign software that cannot be had here, and why."""


def cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "onceway" / "foreign"


def kept(kind, lists, make):
    """The folder that `make(folder)` filled for these lists, made when it is not there yet."""
    marks = hashlib.sha256(b"".join((LISTS / name).read_bytes() for name in lists) + sys.version.encode()).hexdigest()
    folder = cache() / f"{kind}-{marks[:16]}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with open(folder.parent / f"{kind}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "whole").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                (folder / "whole").touch()
    except OSError as trouble:
        raise Unavailable(f"no folder to keep it in: {trouble}") from None
    return folder


def fetch(deadline, command, **more):
    """Runs one step; registries that are slow or silent end it."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=max(1, deadline - time.monotonic()), **more)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{Path(str(command[0])).name} had not fetched it within {SECONDS_TO_FETCH} s") from None
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        why = next((line for line in words if "error" in line.lower()), words[-1] if words else f"status {done.returncode}")
        raise Unavailable(f"{Path(str(command[0])).name} could not fetch it: {why}")


def python_with_packages():
    """A Python that has zeep and pyxroad."""
    def make(folder):
        deadline = time.monotonic() + SECONDS_TO_FETCH
        fetch(deadline, [sys.executable, "-m", "venv", folder])
        fetch(deadline, [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "0",
                         "--timeout", "10", "--no-deps", "--only-binary", ":all:", "-r", LISTS / "requirements.txt"])
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise Unavailable("Python makes no virtual environments here (Debian package python3-venv)") from None
    return kept("python", ["requirements.txt"], make) / "bin/python"


def node_with_packages():
    """A folder in which Node finds soap."""
    for tool in ("node", "npm"):
        if not shutil.which(tool):
            raise Unavailable(f"{tool} is not installed (Debian packages nodejs and npm)")

    def make(folder):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(LISTS / name, folder)
        fetch(time.monotonic() + SECONDS_TO_FETCH, ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error",
                                                    "--fetch-retries", "0", "--fetch-timeout", "10000"], cwd=folder)
    return kept("node", ["package.json", "package-lock.json"], make)
