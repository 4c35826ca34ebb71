"""Drives one way and says what came of it: with wrk, as both chains are compared; with bench_surge, which calls from
several addresses and can ask faster than it is answered."""

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
    address: str
    path: str
    client: str | None = None

    @property
    def url(self):
        return f"http://{self.address}{self.path}"


@dataclass
class Case:
    """What is asked: a POST of `octets`, answered by as many."""
    name: str
    octets: int = 1024
    connections: int = 64


CASES = [Case("rest-10k", 10 * 1024, 64), Case("rest-1m", 1 << 20, 16), Case("rest-10m", 10 << 20, 8)]
SMALL, SMALL_EC = Case("rest-1k"), Case("rest-1k-ec")


def drive(way, connections, seconds, folder, case=SMALL):
    """One run: requests, errors, requests per second, and the latencies that half and 99 of 100 stayed below."""
    result = Path(folder) / "wrk.json"
    result.unlink(missing_ok=True)
    environment = dict(os.environ, BENCH_RESULT=str(result), BENCH_OCTETS=str(case.octets))
    if way.client:
        environment["BENCH_CLIENT"] = way.client
    url = way.url if case in (SMALL, SMALL_EC) else f"{way.url}/echo?{case.octets}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT), url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0 or not result.exists():
        raise Failed(f"wrk against {way.url} ended with status {done.returncode}: {(done.stderr or done.stdout).strip()}")
    found = json.loads(result.read_text())
    duration = found["microseconds"] / 1e6
    return {"case": case.name, "chain": way.name, "connections": connections, "seconds": round(duration, 2),
            "requests": found["requests"],
            "errors": sum(found[kind] for kind in ("connect", "read", "write", "status", "timeout")),
            "rps": round(found["requests"] / duration, 1), "p50_us": found["p50"], "p99_us": found["p99"]}


def surge(program, way, connections, seconds, sources, rate=0):
    """One run of bench_surge; `rate` 0 asks as fast as answers come."""
    host, port = way.address.split(":")
    command = [program, "--host", host, "--port", port, "--target", way.path, "--client", way.client or "",
               "--from", ",".join(sources), "--connections", str(connections), "--seconds", str(seconds), "--rate", str(rate)]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0:
        raise Failed(f"bench_surge ended with status {done.returncode}: {(done.stderr or done.stdout).strip()}")
    found = json.loads(done.stdout)
    return {"case": "overload-1k" if rate else "surge-1k", "chain": way.name, "connections": connections,
            "requests": found["accepted"], "rps": round(found["accepted"] / found["seconds"], 1), "rate": rate} | found
