"""A security server that asks and one that answers, a system that counts what it was asked, and the judge of what all of
them say in the end: callers, the system, and both logs."""

import collections
import json
import shutil
import subprocess
import sys
import time

from support.counting_system import CountingSystem
from support.processes import Failed
from support.small_state import DEPARTMENTS, SmallState, healthy
from support.steady_load import Call, carry_once

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


class WatchedPair:
    def __init__(self, programs, folder, **more):
        self.programs = programs
        ec = ("--type", "ec")
        self.state = SmallState(folder, programs, adapters=False, signing_key=ec, authentication_key=ec,
                                departments=[entry for entry in DEPARTMENTS if entry[0] in (ASKER, PROVIDER)], **more)
        self.system_at = f"{self.state.base}.150:9300"
        self.state.extra_services = {PROVIDER: {"work": f"http://{self.system_at}"}}
        self.service = f"{self.state.subsystem(PROVIDER)}/work"
        self.system = None

    def start(self):
        self.state.prepare()
        self.system = CountingSystem(self.system_at)
        self.state.start()

    def stop(self):
        self.state.stop()
        if self.system:
            self.system.stop()

    def ask(self, octets=0):
        """One call of the asker's information system, to its end."""
        call = Call()
        carry_once(self.state, ASKER, self.service, call, b"x" * octets)
        return call

    def process(self, key):
        return self.state.processes.running[key]

    def kill(self, key):
        process = self.process(key)
        process.kill()
        process.wait()

    def start_again(self, key, seconds=30):
        """Starts a server that has ended, and gives the seconds until it was healthy."""
        begun = time.monotonic()
        server = self.state.server(key)
        self.state.launch_server(server)
        self.state.processes.wait_until(key, lambda: healthy(server), seconds)
        return time.monotonic() - begun

    def end(self, key):
        """Tells a server to stop; gives what is wrong with how it did."""
        process = self.process(key)
        self.state.processes.stop(key, 40)
        return [] if process.returncode == 0 else [f"{key} ended with status {process.returncode} when it was told to stop"]

    # --- the judgement, when both servers have ended ---------------------------------------------------------------

    def judge(self, calls):
        """What is wrong with promises P1 and P2, and the number of records in each log."""
        logs = {key: Log(self.state.server(key), self.programs) for key in (ASKER, PROVIDER)}
        troubles = []
        for call in calls:
            if call.succeeded:
                troubles += self.judge_success(call.message_id, logs)
        for message_id, times in self.system.executed.items():
            if times > 1:
                troubles.append(f"message {message_id} was executed {times} times")
            troubles += [f"message {message_id} was executed and its request is not in the log of {key}"
                         for key, log in logs.items() if not log.holds(message_id, "request")]
        for key, log in logs.items():
            troubles += judge_log(key, log)
        return troubles, {key: log.highest for key, log in logs.items()}

    def judge_success(self, message_id, logs):
        lacking = [f"{key} {direction}" for key, log in logs.items() for direction in ("request", "response")
                   if not log.holds(message_id, direction)]
        if lacking:
            yield f"message {message_id} was answered 200 and has no record: {', '.join(lacking)}"
        if self.system.executed[message_id] != 1:
            yield f"message {message_id} was answered 200 and executed {self.system.executed[message_id]} times"


def judge_log(key, log):
    if log.damage:
        yield f"the log of {key} is damaged: {log.damage}"
    if not log.gapless:
        yield f"the log of {key} has a gap below its last number, {log.highest}"
    twice = [record for record, times in log.accepted.items() if times > 1]
    if twice:
        yield f"the log of {key} holds {len(twice)} records twice, {twice[0]} for one"


def carry_to_its_end(name, journey, folder):
    """Runs `journey`, prints its result as one JSON line, and gives the exit status: 0 held, 1 not, 2 could not be told."""
    status = 2
    try:
        result = journey.run()
        status = 0 if result["ok"] else 1
        print(json.dumps(result), flush=True)
    except (Failed, OSError, ValueError, LookupError) as trouble:
        print(f"{name}: {type(trouble).__name__}: {trouble}", file=sys.stderr)
    finally:
        journey.pair.stop()
        if status == 0:
            shutil.rmtree(folder, ignore_errors=True)
    return status
