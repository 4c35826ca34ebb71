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
from support.processes import Failed  # noqa: E402
from support.steady_load import SteadyLoad  # noqa: E402
from support.watched_pair import ASKER, PROVIDER, WatchedPair  # noqa: E402


class Crash:
    def __init__(self, options, folder, seed, say):
        self.programs, self.folder, self.say = options.programs.resolve(), Path(folder), say
        self.rounds, self.samples, self.start_up = options.rounds, options.samples, options.start_up
        self.chance = random.Random(seed)
        self.pair = WatchedPair(self.programs, self.folder / "state")
        self.state = self.pair.state
        self.kills, self.restarts, self.wanted = [], [], []
        self.troubles = []
        self.result = {"format": "onceway-crash/1", "seed": seed, "rounds": 0, "ok": False}

    def trouble(self, text):
        self.troubles.append(text)

    # --- the run --------------------------------------------------------------------------------------------------

    def run(self):
        self.pair.start()
        load = SteadyLoad(self.state, ASKER, self.pair.service)
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
            self.troubles += self.pair.end(key)
        self.pair.stop()
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
        key = self.chance.choice((ASKER, PROVIDER))
        time.sleep(self.chance.uniform(0.0, 0.15))
        if load.last_success and len(self.wanted) < self.samples:
            self.wanted.append(load.last_success.message_id)
        killed = time.monotonic()
        self.pair.kill(key)
        self.restarts.append(self.pair.start_again(key))
        ready = time.monotonic()
        self.kills.append((key, killed, ready))
        self.wait_for_success(load, ready)

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
        succeeded = sum(call.succeeded for call in calls)
        troubles, records = self.pair.judge(calls)
        self.troubles += troubles
        self.judge_answers(calls)
        if max(self.restarts) > self.start_up:
            self.trouble(f"a start-up took {max(self.restarts):.2f} s; {self.start_up:g} s are allowed")
        if succeeded == 0:
            self.trouble("no call succeeded")
        faults = collections.Counter(call.fault for call in calls if call.status not in (None, 200))
        self.result |= {"rounds": len(self.kills), "kills": dict(collections.Counter(kill[0] for kill in self.kills)),
                        "calls": len(calls), "answered": succeeded, "executed": len(self.pair.system.executed),
                        "broken": sum(call.status is None for call in calls), "faults": dict(faults),
                        "records": records,
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
