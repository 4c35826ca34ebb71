"""Two security servers under load, one of them killed at a random moment, again and again; then the promises are checked.

P1: a caller that saw success has its four records, request and response in both logs; a provider's system that was asked
has the request in both logs. P2: nothing was executed twice, nothing recorded twice. P8: a call was answered, with 200 or
with a fault code, unless its own server was killed under it. And both logs open, number without a gap, verify.

Exit 0: all of it holds; 1: something does not; 2: it could not be told, with the reason on stderr."""

import argparse
import collections
import io
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from support.counting_system import CountingSystem  # noqa: E402
from support.processes import Failed  # noqa: E402
from support.small_state import DEPARTMENTS, SmallState, healthy  # noqa: E402
from support.steady_load import SteadyLoad  # noqa: E402

ASKER, PROVIDER = "education", "home"


class Log:
    """What a stopped server's log holds, read whole by `log_records`."""

    def __init__(self, server, programs):
        done = subprocess.run([programs / "log_records", server["data"] / "messages"], capture_output=True, text=True)
        self.damage = done.stderr.strip() if done.returncode else None
        rows = [line.split(" ", 4) for line in done.stdout.splitlines()]
        self.highest = int(rows[-1][0]) if rows else 0
        self.gapless = [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
        self.accepted = collections.Counter((row[4], row[2]) for row in rows if row[3] == "accepted")

    def holds(self, message_id, direction):
        return self.accepted[(message_id, direction)] > 0


class Crash:
    def __init__(self, options, folder, seed, say):
        self.programs, self.folder, self.say = options.programs.resolve(), Path(folder), say
        self.rounds, self.samples, self.start_up = options.rounds, options.samples, options.start_up
        self.chance = random.Random(seed)
        self.state = SmallState(self.folder / "state", self.programs, adapters=False, signing_key=("--type", "ec"),
                                authentication_key=("--type", "ec"),
                                departments=[entry for entry in DEPARTMENTS if entry[0] in (ASKER, PROVIDER)])
        self.system_at = f"{self.state.base}.150:9300"
        self.state.extra_services = {PROVIDER: {"work": f"http://{self.system_at}"}}
        self.kills, self.restarts, self.wanted = [], [], []
        self.troubles = []
        self.result = {"format": "onceway-crash/1", "seed": seed, "rounds": 0, "ok": False}

    def trouble(self, text):
        self.troubles.append(text)

    # --- the run --------------------------------------------------------------------------------------------------

    def run(self):
        self.state.prepare()
        self.system = CountingSystem(self.system_at)
        self.state.start()
        load = SteadyLoad(self.state, ASKER, f"{self.state.subsystem(PROVIDER)}/work")
        load.start()
        try:
            self.wait_for_success(load, time.monotonic())
            for number in range(self.rounds):
                self.kill_one(load)
                if (number + 1) % 50 == 0:
                    self.say(f"{number + 1} kills, {sum(call.succeeded for call in load.calls)} calls answered, "
                             f"longest restart {max(self.restarts):.2f} s")
        finally:
            load.stop()
        self.verify_samples()
        for key in (ASKER, PROVIDER):
            self.end(key)
        self.state.stop()
        self.system.stop()
        self.judge(load.calls)
        return self.result

    def wait_for_success(self, load, since):
        """The state carries a call that began after `since`."""
        until = time.monotonic() + 30
        while load.last_success is None or load.last_success.begun < since:
            if time.monotonic() > until:
                raise Failed(f"no call succeeded for 30 s:\n{self.state.processes.tail(ASKER)}")
            time.sleep(0.005)
        return load.last_success

    def kill_one(self, load):
        server = self.state.server(self.chance.choice((ASKER, PROVIDER)))
        key = server["key"]
        time.sleep(self.chance.uniform(0.0, 0.15))
        if load.last_success and len(self.wanted) < self.samples:
            self.wanted.append(load.last_success.message_id)
        process = self.state.processes.running[key]
        killed = time.monotonic()
        process.kill()
        process.wait()
        begun = time.monotonic()
        self.state.launch_server(server)
        self.state.processes.wait_until(key, lambda: healthy(server), 30)
        ready = time.monotonic()
        self.restarts.append(ready - begun)
        self.kills.append((key, killed, ready))
        self.wait_for_success(load, ready)

    def end(self, key):
        process = self.state.processes.running[key]
        self.state.processes.stop(key, 40)
        if process.returncode != 0:
            self.trouble(f"{key} ended with status {process.returncode} when it was told to stop")

    # --- the judgement --------------------------------------------------------------------------------------------

    def verify_samples(self):
        """Signed documents of exchanges just before a kill, from both logs, are judged offline by the auditor's tool."""
        archive = zipfile.ZipFile(io.BytesIO(self.state.download(ASKER, "/verificationconf")))
        archive.extractall(self.folder)
        paths = []
        for number, message_id in enumerate(self.wanted):
            for key in (ASKER, PROVIDER):
                instance, member_class, code, subsystem = self.state.subsystem(key).split("/")
                answer = self.state.download(
                    key, f"/asic?xRoadInstance={instance}&memberClass={member_class}&memberCode={code}"
                         f"&subsystemCode={subsystem}&queryId={message_id}&force")
                documents = zipfile.ZipFile(io.BytesIO(answer))
                names = [name for name in documents.namelist() if name.endswith(".asice")]
                if len(names) != 2:
                    self.trouble(f"{key} exports {len(names)} documents of message {message_id}, not 2")
                for name in names:
                    paths.append(self.folder / f"{number}-{key}-{name}")
                    paths[-1].write_bytes(documents.read(name))
        for path in paths:
            done = subprocess.run([self.programs / "onceway-audit", "verify", "--conf", self.folder / "verificationconf",
                                   "--json", path], capture_output=True, text=True, timeout=30)
            verdict = json.loads(done.stdout.splitlines()[0])
            if verdict["verdict"] != "valid":
                self.trouble(f"{path.name}: {verdict['verdict']}: {verdict['code']}: {verdict['reason']}")
        self.result["verified"] = len(paths)

    def judge(self, calls):
        logs = {key: Log(self.state.server(key), self.programs) for key in (ASKER, PROVIDER)}
        succeeded = [call for call in calls if call.succeeded]
        for call in succeeded:
            lacking = [f"{key} {direction}" for key, log in logs.items() for direction in ("request", "response")
                       if not log.holds(call.message_id, direction)]
            if lacking:
                self.trouble(f"message {call.message_id} was answered 200 and has no record: {', '.join(lacking)}")
            if self.system.executed[call.message_id] != 1:
                self.trouble(f"message {call.message_id} was answered 200 and executed {self.system.executed[call.message_id]} times")
        for message_id, times in self.system.executed.items():
            if times > 1:
                self.trouble(f"message {message_id} was executed {times} times")
            for key, log in logs.items():
                if not log.holds(message_id, "request"):
                    self.trouble(f"message {message_id} was executed and its request is not in the log of {key}")
        for key, log in logs.items():
            if log.damage:
                self.trouble(f"the log of {key} is damaged: {log.damage}")
            if not log.gapless:
                self.trouble(f"the log of {key} has a gap below its last number, {log.highest}")
            twice = [record for record, times in log.accepted.items() if times > 1]
            if twice:
                self.trouble(f"the log of {key} holds {len(twice)} records twice, {twice[0]} for one")
        self.judge_answers(calls)
        if max(self.restarts) > self.start_up:
            self.trouble(f"a start-up took {max(self.restarts):.2f} s; {self.start_up:g} s are allowed")
        if not succeeded:
            self.trouble("no call succeeded")
        faults = collections.Counter(call.fault for call in calls if call.status not in (None, 200))
        self.result |= {"rounds": len(self.kills), "kills": dict(collections.Counter(kill[0] for kill in self.kills)),
                        "calls": len(calls), "answered": len(succeeded), "executed": len(self.system.executed),
                        "broken": sum(call.status is None for call in calls), "faults": dict(faults),
                        "records": {key: log.highest for key, log in logs.items()},
                        "restart_s": {"longest": round(max(self.restarts), 3),
                                      "median": round(sorted(self.restarts)[len(self.restarts) // 2], 3)},
                        "troubles": self.troubles[:50], "ok": not self.troubles}

    def judge_answers(self, calls):
        """Only who had its own server killed may be without an answer."""
        away = [(killed, ready) for key, killed, ready in self.kills if key == ASKER]
        for call in calls:
            if call.status is None and not any(call.begun < ready and call.ended > killed for killed, ready in away):
                self.trouble(f"message {call.message_id} got no answer from a server that ran: {call.broken}")
            if call.status not in (None, 200) and not call.fault:
                self.trouble(f"message {call.message_id} was answered {call.status} without a fault code")


def main(arguments=None, prog="crash.py", rounds=50, samples=4):
    parser = argparse.ArgumentParser(prog=prog, description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=Path, required=prog == "crash.py", default=Path("build/release/bin"))
    parser.add_argument("--rounds", type=int, default=rounds, help=f"how many kills (default {rounds})")
    parser.add_argument("--seed", type=int, default=None, help="for the moments of the kills (default: another each time)")
    parser.add_argument("--samples", type=int, default=samples, help="exchanges whose signed documents are verified")
    parser.add_argument("--start-up", type=float, default=2.0, help="seconds that a start-up may take (default 2)")
    parser.add_argument("--folder", default=None, help="where the run keeps its files (default: the temporary folder)")
    parser.add_argument("--keep", action="store_true", help="leaves the files of the run behind")
    parser.add_argument("--json", action="store_true", help="one JSON object (format onceway-crash/1) on stdout")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    folder = Path(tempfile.mkdtemp(prefix="onceway-crash-", dir=options.folder))
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    say = (lambda text: None) if options.json and not sys.stderr.isatty() else lambda text: print(text, file=sys.stderr, flush=True)
    crash, status = Crash(options, folder, seed, say), 2
    try:
        result = crash.run()
        status = 0 if result["ok"] else 1
        print(json.dumps(result) if options.json else told(result), flush=True)
    except KeyboardInterrupt:
        status = 130
    except (Failed, OSError, ValueError, LookupError) as trouble:
        print(f"{prog}: seed {seed}: {type(trouble).__name__}: {trouble}", file=sys.stderr)
    finally:
        crash.state.stop()
        if status == 0 and not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        elif status != 130:
            print(f"{prog}: the files of the run are in {folder}", file=sys.stderr)
    sys.exit(status)


def told(result):
    lines = [f"{result['rounds']} kills ({', '.join(f'{key} {count}' for key, count in result['kills'].items())}), seed {result['seed']}",
             f"{result['calls']} calls: {result['answered']} answered, {sum(result['faults'].values())} refused with a fault, "
             f"{result['broken']} cut off with their own server; {result['executed']} executed",
             f"records: {', '.join(f'{key} {count}' for key, count in result['records'].items())}; "
             f"{result['verified']} signed documents verified",
             f"start-up after a kill: longest {result['restart_s']['longest']:.2f} s, median {result['restart_s']['median']:.2f} s"]
    return "\n".join(lines + [f"BROKEN: {trouble}" for trouble in result["troubles"]])


if __name__ == "__main__":
    main()
