"""One pass over everything that the promises are about: a scene is made, loaded, ended, and its logs are counted."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import big
import floors
import load
import machine
import memory
import processor
import report
import shares
from load import ATTACHED, CASES, SMALL, SMALL_BESIDE, SMALL_EC, SMALL_SOAP
from scene import ASKER, PROVIDER, Scene

CONNECTIONS = (64, 1)
FEW, MANY, CROWD = 64, 512, 2_000  # of bench_surge: like wrk's, many, and as many as an overload opens
BODY_OCTETS = 2 * SMALL.octets     # question and answer


class Bench:
    """`result` is what `./dev bench --json` prints; docs/performance.md says what its fields mean."""

    def __init__(self, options, folder):
        self.options, self.folder = options, Path(folder)
        self.result = {"format": "onceway-bench/1", "commit": machine.commit(), "build": options.programs.parent.name,
                       "machine": machine.described(folder), "primitives": {}, "runs": [], "medians": [], "ratios": {},
                       "of_rest": {}, "overload": {}, "share": {}, "memory": [], "big": [], "log": {}, "floors": [], "ok": False}

    def say(self, text):
        if sys.stderr.isatty() or not self.options.json:
            print(text, file=sys.stderr, flush=True)

    def run(self):
        """The floors, and with `options.cases` what is printed besides."""
        self.measure_primitives()
        with self.scene("rsa") as scene:
            self.measure_floors(scene)
            self.measure_soap(scene)
            self.measure_bodies(scene)
        if self.options.cases:
            with self.scene("ec") as scene:
                self.measure_small(scene, SMALL_EC, [scene.onceway], CONNECTIONS)
                self.find_shares(scene, SMALL_EC)
                self.end_and_count(scene)
        self.conclude()
        return self.result

    # --- scenes ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def scene(self, key):
        """A state with signing keys of this family, running; whatever still runs at the end is ended."""
        self.say(f"making keys, certificates and states ({key})")
        scene = Scene(self.folder / key, self.options.programs, key, self.options.threads)
        try:
            scene.prepare()
            scene.start_servers()
            self.answered = 0
            yield scene
        finally:
            scene.stop()

    def end_and_count(self, scene):
        """Ends the servers. Every answer of this scene that was counted stands in both logs."""
        scene.state.check()
        scene.end_servers()
        kept = scene.kept()
        for side, (exchanges, _) in kept.items():
            self.result["floors"].append(floors.at_least(f"records/{side}", self.answered, exchanges))
        return kept

    # --- runs -----------------------------------------------------------------------------------------------------

    def watched(self, scene, way, run):
        """One run with its account of processor time; what Onceway answered is remembered for the count."""
        programs = {name: memory.family_of(process.pid) for name, process in scene.processes.running.items()}
        before = scene.commits()
        watch = processor.Watch(programs)
        entry = run()
        entry["processor"] = watch.read(entry["seconds"])
        entry["processor"]["us"] = processor.per_exchange(entry["processor"].pop("groups"), entry["requests"])
        if way is scene.onceway:
            self.answered += entry["requests"]
            entry["records_per_commit"] = {key: floors.per_commit(before[key], now) for key, now in scene.commits().items()}
        self.result["runs"].append(entry)
        self.say(report.run_line(entry))
        return entry

    def drive(self, scene, way, connections, case=SMALL, seconds=None):
        seconds = seconds or self.options.seconds
        return self.watched(scene, way, lambda: load.drive(way, connections, seconds, self.folder, case))

    def surge(self, scene, connections, rate=0):
        program = self.options.programs / "bench_surge"
        return self.watched(scene, scene.onceway, lambda: load.surge(
            program, scene.onceway, connections, self.options.seconds, scene.sources, rate))

    def warm(self, scene, ways):
        """What is made on first use is made; counted, not shown."""
        for way in ways:
            entry = load.drive(way, CONNECTIONS[0], 1, self.folder)
            if way is scene.onceway:
                self.answered += entry["requests"]

    # --- what is measured -----------------------------------------------------------------------------------------

    def measure_primitives(self):
        self.say("single steps, on this processor and disk")
        place = self.folder / "primitives"
        place.mkdir()
        for program, arguments in (("bench_primitives", [place]), ("bench_channel", ["--json", "1"])):
            done = subprocess.run([self.options.programs / program, *arguments], capture_output=True, text=True, check=True)
            self.result["primitives"] |= json.loads(done.stdout)

    def measure_floors(self, scene):
        scene.start_yardstick()
        self.measure_small(scene, SMALL, scene.ways, CONNECTIONS)
        self.measure_memory(scene)
        self.find_shares(scene, SMALL)
        best = self.measure_many(scene)
        self.measure_overload(scene, best)
        self.measure_log(self.end_and_count(scene), self.result["log"])

    def measure_small(self, scene, case, ways, connections):
        self.warm(scene, ways)
        for count in connections:
            for _ in range(self.options.rounds):
                for way in ways:
                    self.drive(scene, way, count, case)

    def find_shares(self, scene, case):
        """A run of its own, which is not among those compared: looking costs processor time as well."""
        servers = [server["pid"] for server in scene.servers]
        look = shares.Profile(servers, self.folder, self.options.seconds) if self.options.profile else None
        entry = self.drive(scene, scene.onceway, CONNECTIONS[0], case)
        entry["case"] += "-profiled"
        found = look.read() if look else None
        enough = found and found["samples"] >= shares.SAMPLES_AT_LEAST
        self.result["share"][case.name] = found if enough else shares.computed(entry, self.result["primitives"])

    def measure_many(self, scene):
        """As many as the floor is about, in turn with as many as wrk has, by the same program. Gives the best."""
        for _ in range(self.options.rounds):
            for connections in (FEW, MANY):
                self.surge(scene, connections)
        return max(run["rps"] for run in self.result["runs"] if run["case"] == "surge-1k")

    def measure_overload(self, scene, best):
        found = self.surge(scene, CROWD, round(2 * best))
        self.result["overload"] = {key: value for key, value in found.items() if key != "processor"} | {"best_rps": best}
        self.result["memory_overloaded"] = {server["key"]: memory.highest_kib(server["pid"]) for server in scene.servers}

    def measure_memory(self, scene):
        for name, process in scene.processes.running.items():
            for pid in memory.family_of(process.pid):
                self.result["memory"].append({"program": name, "pid": pid, "hwm_kib": memory.highest_kib(pid)})
        for server in scene.servers:
            self.result["floors"].append(
                floors.at_most(f"memory_kib/{server['key']}", floors.SERVER_KIB, memory.highest_kib(server["pid"])))

    def measure_log(self, kept, log):
        for side, (exchanges, grown) in kept.items():
            log[f"{side}_bytes"] = round(grown / max(1, exchanges))
            log[f"{side}_beside_bodies"] = log[f"{side}_bytes"] - BODY_OCTETS
            self.result["floors"].append(
                floors.at_most(f"log_bytes/{side}", floors.LOG_OCTETS, log[f"{side}_beside_bodies"]))

    def measure_soap(self, scene):
        """On servers that were started anew: SOAP in turn with REST, and a message with an attachment."""
        scene.start_servers()
        self.warm(scene, [scene.onceway])
        for case in (SMALL_SOAP, ATTACHED):
            case.first(scene.onceway)
            self.answered += 1
        for _ in range(self.options.rounds):
            for case in (SMALL_BESIDE, SMALL_SOAP):
                self.drive(scene, scene.onceway, case.connections, case)
        self.drive(scene, scene.onceway, ATTACHED.connections, ATTACHED, self.options.case_seconds)
        self.end_and_count(scene)

    def measure_bodies(self, scene):
        """On servers that were started anew: a large body grows them by little, and bodies of several sizes pass."""
        scene.start_servers()
        self.carry_big_bodies(scene)
        if not self.options.cases:
            return
        scene.start_yardstick()
        for case in CASES:
            for way in scene.ways:
                self.drive(scene, way, case.connections, case, self.options.case_seconds)
        self.answered += len(self.result["big"])
        self.end_and_count(scene)

    def carry_big_bodies(self, scene):
        pids = [server["pid"] for server in scene.servers]
        self.warm(scene, [scene.onceway])
        for direction in big.DIRECTIONS:
            self.say(f"{self.options.big_bytes} octets in a {direction}")
            entry, why = big.carry(direction, scene.onceway, scene.path, self.options.big_bytes, pids)
            self.result["big"].append(entry)
            if why:
                print(f"bench: {direction} of {self.options.big_bytes} octets: {why}", file=sys.stderr)
            self.result["floors"] += [floors.at_most(f"growth_kib/{direction}", floors.GROWTH_KIB, entry["growth_kib"]),
                                      floors.at_least(f"digest/{direction}", 1, int(entry["digest_ok"]))]

    # --- the end --------------------------------------------------------------------------------------------------

    def conclude(self):
        result, runs = self.result, self.result["runs"]
        usual = [run for run in runs if run["case"] != "overload-1k" and not run["case"].endswith("-profiled")]
        result["medians"] = floors.medians(usual)
        result["ratios"] = floors.ratios(result["medians"])
        result["of_rest"] = floors.of_rest(result["medians"])
        result["disturbed"] = any(run["processor"]["disturbed"] for run in runs)
        result["floors"] = [*floors.speed(result["medians"], result["primitives"]),
                            *floors.soap(result["of_rest"]),
                            *floors.many_connections(result["medians"]),
                            *floors.overload(result["overload"], result["overload"]["best_rps"]),
                            floors.at_most("errors", 0, sum(run["errors"] for run in usual)), *result["floors"]]
        result["ok"] = all(floor["ok"] for floor in result["floors"])
