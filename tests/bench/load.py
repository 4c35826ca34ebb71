"""Drives one way with wrk and says what came of it."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.processes import Failed

SCRIPT = Path(__file__).with_name("post.lua")


@dataclass
class Way:
    """Where a chain begins, and who calls there."""
    name: str
    url: str
    client: str | None = None


def drive(way, connections, seconds, folder):
    """One run: requests, errors, requests per second, and the latencies that half and 99 of 100 stayed below."""
    result = Path(folder) / "wrk.json"
    result.unlink(missing_ok=True)
    environment = dict(os.environ, BENCH_RESULT=str(result))
    if way.client:
        environment["BENCH_CLIENT"] = way.client
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT), way.url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0 or not result.exists():
        raise Failed(f"wrk against {way.url} ended with status {done.returncode}: {(done.stderr or done.stdout).strip()}")
    found = json.loads(result.read_text())
    duration = found["microseconds"] / 1e6
    return {"case": "rest-1k", "chain": way.name, "connections": connections, "seconds": round(duration, 2),
            "requests": found["requests"],
            "errors": sum(found[kind] for kind in ("connect", "read", "write", "status", "timeout")),
            "rps": round(found["requests"] / duration, 1), "p50_us": found["p50"], "p99_us": found["p99"]}
