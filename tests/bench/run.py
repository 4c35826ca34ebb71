#!/usr/bin/env python3
"""`./dev bench`: the exchange through two servers beside the same way made of nginx, in one run; memory, log, large bodies.

Exit 0: every floor is held; 1: one is not; 2: it could not be told, with the reason on stderr."""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import big  # noqa: E402
import load  # noqa: E402
import log_size  # noqa: E402
import memory  # noqa: E402
import report  # noqa: E402
from nginx_chain import NginxChain  # noqa: E402
from support.processes import Failed  # noqa: E402
from support.small_state import DEPARTMENTS, SmallState, listens  # noqa: E402

ASKER, PROVIDER = "education", "home"
CONNECTIONS = (64, 1)
SERVER_KIB, GROWTH_KIB = 64 * 1024, 16 * 1024
SERVER_SETTINGS = "threads = 2\npooled_connections = true\n"  # as many as nginx has workers


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, Path(folder)
        self.state = SmallState(self.folder / "state", options.programs, adapters=False,
                                departments=[entry for entry in DEPARTMENTS if entry[0] in (ASKER, PROVIDER)],
                                base=f"127.{64 + os.getpid() // 250 % 64}.{os.getpid() % 250}")  # beside any other state
        base = self.state.base
        self.backend, self.nginx_at = f"{base}.150:9300", f"{base}.151:9301"
        self.state.extra_services = {PROVIDER: {"bench": f"http://{self.backend}"}}
        self.chain = NginxChain(self.folder / "nginx", self.state.processes, self.nginx_at, f"{base}.152:9302", self.backend)
        self.path = f"/r1/{self.state.subsystem(PROVIDER)}/bench"
        self.ways = [load.Way("onceway", f"http://{self.inside}{self.path}/rest", self.state.subsystem(ASKER)),
                     load.Way("nginx", f"http://{self.nginx_at}/rest")]
        self.result = {"format": "onceway-bench/1", "commit": commit(), "build": options.programs.parent.name,
                       "machine": machine(self.folder), "runs": [], "medians": [], "ratios": {}, "memory": [], "big": [],
                       "log": {}, "floors": [], "ok": False}

    @property
    def inside(self):
        server = self.state.server(ASKER)
        return f"{server['address']}:{server['http_port']}"

    def say(self, text):
        if sys.stderr.isatty() or not self.options.json:
            print(text, file=sys.stderr, flush=True)

    # --- the run --------------------------------------------------------------------------------------------------

    def run(self):
        self.say("making keys, certificates and states")
        self.state.prepare()
        for server in self.state.servers:
            self.settle(server)
        self.start_servers()
        self.start_yardstick()
        self.measure_speed()
        self.measure_memory()
        self.state.check()
        self.end_servers()
        self.measure_log()
        self.start_servers()
        self.carry_big_bodies()
        self.result["ok"] = all(floor["ok"] for floor in self.result["floors"])
        return self.result

    def settle(self, server):
        """The server's file says what this run wants of it."""
        path = server["data"] / "server.toml"
        path.write_text(path.read_text().replace("[server]\n", "[server]\n" + SERVER_SETTINGS, 1))

    def start_servers(self):
        host, port = self.backend.split(":")
        processes = self.state.processes
        processes.start("backend", [self.options.programs / "bench_backend", host, port, "2"])
        processes.wait_until("backend", lambda: listens(self.backend))
        self.state.start()
        self.log_before = {server["key"]: self.log_octets(server) for server in self.state.servers}

    def end_servers(self):
        """Who asks ends first, so that nothing is under way when its provider ends; a server closes its log as it goes."""
        for key in (ASKER, PROVIDER):
            process = self.state.processes.running[key]
            self.state.processes.stop(key)
            if process.returncode != 0:
                raise Failed(f"{key} ended with status {process.returncode} when it was told to stop")
        self.state.stop()

    def start_yardstick(self):
        self.chain.start()
        for name, address in (("provider", self.chain.provider), ("consumer", self.chain.consumer)):
            self.state.processes.wait_until(f"nginx-{name}", lambda address=address: listens(address))

    def measure_speed(self):
        self.warm_up = [load.drive(way, CONNECTIONS[0], 2, self.folder) for way in self.ways]
        for connections in CONNECTIONS:
            for _ in range(self.options.rounds):
                for way in self.ways:
                    entry = load.drive(way, connections, self.options.seconds, self.folder)
                    self.result["runs"].append(entry)
                    self.say(report.run_line(entry))
        self.result["medians"] = medians(self.result["runs"])
        for connections in CONNECTIONS:
            ours, theirs = (median_of(self.result["medians"], chain, connections)["rps"] for chain in ("onceway", "nginx"))
            self.result["ratios"][f"rest-1k/{connections}"] = round(ours / theirs, 4) if theirs else 0.0
        errors = sum(run["errors"] for run in self.result["runs"])
        self.floor("errors", 0, errors, errors == 0)

    def measure_memory(self):
        for name, process in self.state.processes.running.items():
            for pid in memory.family_of(process.pid):
                self.result["memory"].append({"program": name, "pid": pid, "hwm_kib": memory.highest_kib(pid)})
        for server in self.state.servers:
            highest = memory.highest_kib(server["pid"])
            self.floor(f"memory_kib/{server['key']}", SERVER_KIB, highest, highest <= SERVER_KIB)

    def log_octets(self, server):
        return log_size.octets(server["data"] / "messages")

    def measure_log(self):
        """Both servers have ended: what they keep is in their files."""
        answered = sum(run["requests"] for run in self.warm_up + self.result["runs"] if run["chain"] == "onceway")
        for side, key in (("client", ASKER), ("provider", PROVIDER)):
            server = self.state.server(key)
            requests, responses = log_size.records(server["data"] / "messages", side)
            grown = self.log_octets(server) - self.log_before[key]
            self.result["log"][f"{side}_bytes"] = round(grown / max(1, responses))
            kept = min(requests, responses)
            self.floor(f"records/{side}", answered, kept, kept >= answered)

    def carry_big_bodies(self):
        pids = [server["pid"] for server in self.state.servers]
        client = self.state.subsystem(ASKER)
        load.drive(self.ways[0], 1, 1, self.folder)  # what is made on first use is made
        for direction in ("request", "response"):
            self.say(f"{self.options.big_bytes} octets in a {direction}")
            entry, why = big.carry(direction, self.inside, self.path, client, self.options.big_bytes, pids)
            self.result["big"].append(entry)
            if why:
                print(f"bench: {direction} of {self.options.big_bytes} octets: {why}", file=sys.stderr)
            self.floor(f"growth_kib/{direction}", GROWTH_KIB, entry["growth_kib"], entry["growth_kib"] <= GROWTH_KIB)
            self.floor(f"digest/{direction}", 1, int(entry["digest_ok"]), entry["digest_ok"])

    def floor(self, name, need, got, ok):
        self.result["floors"].append({"name": name, "need": need, "got": got, "ok": bool(ok)})


def medians(runs):
    found = []
    for chain, connections in sorted({(run["chain"], run["connections"]) for run in runs}, key=lambda k: (-k[1], k[0] != "onceway")):
        mine = [run for run in runs if (run["chain"], run["connections"]) == (chain, connections)]
        found.append({"case": "rest-1k", "chain": chain, "connections": connections}
                     | {key: statistics.median(run[key] for run in mine) for key in ("rps", "p50_us", "p99_us")})
    return found


def median_of(found, chain, connections):
    return next(entry for entry in found if (entry["chain"], entry["connections"]) == (chain, connections))


def commit():
    done = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def machine(folder):
    names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    system = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True).stdout.strip()
    return {"cpu": names[0] if names else platform.machine(), "cores": len(os.sched_getaffinity(0)),
            "kernel": platform.release(), "filesystem": system}


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object (format onceway-bench/1) on stdout")
    parser.add_argument("--quick", action="store_true", help="one round of 2 s, bodies of 64 MiB: to try the harness")
    parser.add_argument("--seconds", type=int, help="of each round (default 10)")
    parser.add_argument("--rounds", type=int, help="of each chain and number of connections (default 3)")
    parser.add_argument("--big-bytes", type=int, help="of the large body (default 1 GiB)")
    parser.add_argument("--programs", type=Path, default=ROOT / "build/release/bin", help="folder of the programs")
    parser.add_argument("--folder", default="/var/tmp", help="where the run keeps its files; a real disk (default /var/tmp)")
    parser.add_argument("--keep", action="store_true", help="leaves the files of the run behind")
    options = parser.parse_args(arguments)
    usual = (2, 1, 64 << 20) if options.quick else (10, 3, 1 << 30)
    options.seconds, options.rounds = options.seconds or usual[0], options.rounds or usual[1]
    options.big_bytes = options.big_bytes or usual[2]
    options.programs = options.programs.resolve()
    return options


def main(arguments):
    options = options_of(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for tool in ("wrk", "openssl"):
        if not shutil.which(tool):
            print(f"bench: {tool} is not installed; ./dev bench installs it", file=sys.stderr)
            return 2
    folder = Path(tempfile.mkdtemp(prefix="onceway-bench-", dir=options.folder))
    bench = Bench(options, folder)
    try:
        result = bench.run()
    except Failed as failed:
        print(f"bench: {failed}", file=sys.stderr)
        options.keep = True
        return 2
    finally:
        bench.state.stop()
        if options.keep:
            print(f"bench: the files of this run are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result) if options.json else report.text(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
