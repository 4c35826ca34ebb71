"""A disk that is full, and one that fails to sync, under two servers that run.

Full: calls are refused within 1 s, health says so, and when there is room again the server goes on by itself within 5 s.
A failed sync: nothing is acknowledged any more until the server is started anew. In the end callers, the system that was
asked, and both logs must agree.

Exit 0: all of it holds; 1: something does not; 2: it could not be told, with the reason on stderr."""

import argparse
import json
import resource
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from support.watched_pair import ASKER, PROVIDER, WatchedPair, carry_to_its_end  # noqa: E402

REFUSED_S, HEALTH_S, AGAIN_S = 1.0, 1.0, 5.0
NO_FILE_GROWS = 4096  # octets that any file may have: less than one page of a journal
NOT_WRITABLE = "message_log_not_writable"


class CrashDisk:
    def __init__(self, programs, folder):
        self.pair = WatchedPair(programs, Path(folder) / "state")
        self.calls, self.troubles = [], []
        self.result = {"format": "onceway-crash-disk/1", "full": {}, "ok": False}

    def run(self):
        self.pair.start()
        self.expect(True, "at the start")
        for key in (PROVIDER, ASKER):
            self.result["full"][key] = self.full(key)
            self.failed_sync(key)
        for key in (ASKER, PROVIDER):
            self.troubles += self.pair.end(key)
        self.pair.stop()
        troubles, records = self.pair.judge(self.calls)
        self.troubles += troubles
        self.result |= {"records": records, "troubles": self.troubles[:50], "ok": not self.troubles}
        return self.result

    def ask(self):
        self.calls.append(self.pair.ask())
        return self.calls[-1]

    def expect(self, success, when):
        call = self.ask()
        if call.succeeded != success:
            self.troubles.append(f"{when}: {call.status} {call.fault} {call.detail or call.broken}")
        if not success:
            if not (call.fault or "").endswith("logging_failed.database_error"):
                self.troubles.append(f"{when}: refused with {call.fault}")
            if call.took > REFUSED_S:
                self.troubles.append(f"{when}: refused after {call.took:.2f} s")
        return call

    def health(self, key):
        """Status of the health endpoint, and the codes of what troubles the server."""
        address = self.pair.state.server(key)["address"]
        try:
            with urllib.request.urlopen(f"http://{address}:5588/", timeout=5) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            status, text = answer.code, answer.read()
        return status, {trouble["code"] for trouble in json.loads(text)["troubles"]}

    def within(self, seconds, condition, words):
        """Waits until it is so; gives the seconds."""
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > seconds:
                self.troubles.append(f"{words} within {seconds:g} s")
                break
            time.sleep(0.02)
        return round(time.monotonic() - begun, 3)

    def full(self, key):
        pid = self.pair.process(key).pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (NO_FILE_GROWS, before[1]))
        for _ in range(5):
            self.expect(False, f"{key} full")
        self.within(HEALTH_S, lambda: self.health(key) == (503, {NOT_WRITABLE}), f"the health of {key} tells of the full disk")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        # Without a call to show it, too: the log looks for room by itself.
        again = self.within(AGAIN_S, lambda: self.health(key) == (200, set()), f"{key} is well again")
        self.expect(True, f"{key} with room again")
        return {"well_again_s": again}

    def failed_sync(self, key):
        self.pair.kill(key)
        self.pair.state.environment = {key: {"ONCEWAY_FAILPOINTS": "sqlite.sync@messages.db:7=fail"}}
        self.pair.start_again(key)
        self.pair.state.environment = {}
        for _ in range(10):
            if not self.ask().succeeded:
                break
        else:
            self.troubles.append(f"{key}: the failed sync was never met")
        until = time.monotonic() + 2.5  # longer than the log waits before it looks for room
        while time.monotonic() < until:
            self.expect(False, f"{key} after a failed sync")
            time.sleep(0.25)
        if self.health(key) != (503, {NOT_WRITABLE}):
            self.troubles.append(f"{key} after a failed sync: its health is {self.health(key)}")
        self.pair.kill(key)
        self.pair.start_again(key)
        self.expect(True, f"{key} started again")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=Path, required=True, help="of a build with failpoints")
    parser.add_argument("--folder", default=None, help="where the run keeps its files")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="onceway-crash-disk-", dir=options.folder))
    sys.exit(carry_to_its_end("crash_disk", CrashDisk(options.programs.resolve(), folder), folder))


if __name__ == "__main__":
    main()
