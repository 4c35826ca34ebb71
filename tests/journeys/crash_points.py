"""Each server in turn is killed at each named step, at its first, second, third … time, until an exchange met it no more.

The steps are those of schemas/base/failpoint.hpp. After each kill the server starts again, armed with the next step; in
the end callers, the system that was asked, and both logs must agree (see support/watched_pair.py).

Exit 0: all of it holds; 1: something does not; 2: it could not be told, with the reason on stderr."""

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from support.processes import Failed  # noqa: E402
from support.watched_pair import ASKER, PROVIDER, WatchedPair, carry_to_its_end  # noqa: E402

LARGE = 270_000  # octets of a body that the logs keep as a file
ANSWER_S = 5.0
# Where a step is met during an exchange or a start; and of which file, where every file has it.
BOTH = (ASKER, PROVIDER)
SIDES = {"peer.answer": [PROVIDER], "peer.": [ASKER], "client.": [ASKER], "log.": BOTH, "sqlite.sync": BOTH}
SUBJECTS = {"sqlite.write": "@messages.db", "sqlite.sync": "@messages.db"}


def found(table, point, otherwise):
    return next((value for prefix, value in table.items() if point.startswith(prefix)), otherwise)


class CrashPoints:
    def __init__(self, programs, folder, points, most):
        self.pair = WatchedPair(programs, Path(folder) / "state")
        self.points, self.most, self.calls, self.troubles, self.restarts = points, most, [], [], []
        self.result = {"format": "onceway-crash-points/1", "kills": 0, "clean": 0, "at_start": 0, "ok": False}

    def run(self):
        self.pair.start()
        for key in BOTH:
            for point in self.points:
                if key in found(SIDES, point, [PROVIDER]):
                    self.until_clean(key, point)
            self.pair.kill(key)
            self.start(key, None)
        for key in (ASKER, PROVIDER):
            self.troubles += self.pair.end(key)
        self.pair.stop()
        troubles, records = self.pair.judge(self.calls)
        self.troubles += troubles
        self.result |= {"points": len(self.points), "records": records, "longest_restart_s": round(max(self.restarts), 3),
                        "troubles": self.troubles[:50], "ok": not self.troubles}
        return self.result

    def start(self, key, setting):
        """Starts the server anew, armed or not. False when that ended it already."""
        self.pair.state.environment = {key: {"ONCEWAY_FAILPOINTS": setting}} if setting else {}
        try:
            self.restarts.append(self.pair.start_again(key))
            return True
        except Failed:
            if self.pair.process(key).poll() != -signal.SIGKILL:
                raise
            return False
        finally:
            self.pair.state.environment = {}

    def until_clean(self, key, point):
        octets = LARGE if point.startswith(("body.", "payload.")) else 0
        for number in range(1, self.most + 1):
            setting = f"{point}{found(SUBJECTS, point, '')}:{number}=kill"
            self.pair.kill(key)
            if not self.start(key, setting):
                self.result["kills"] += 1
                self.result["at_start"] += 1
                continue
            call = self.pair.ask(octets)
            self.calls.append(call)
            self.check_answer(call, key, setting)
            if self.alive(key):
                self.result["clean"] += 1
                if not call.succeeded:
                    self.troubles.append(f"{setting}: {key} was not struck and the call failed: {call.detail or call.broken}")
                return
            self.result["kills"] += 1
        self.troubles.append(f"{point}: after {self.most} times there is still another in {key}")

    def alive(self, key):
        """A process that was just struck ends at once, but not before its caller notices."""
        try:
            self.pair.process(key).wait(0.1)
            return False
        except subprocess.TimeoutExpired:
            return True

    def check_answer(self, call, key, setting):
        if call.took > ANSWER_S:
            self.troubles.append(f"{setting}: the caller waited {call.took:.1f} s")
        if key != ASKER and not call.succeeded and not call.fault:
            self.troubles.append(f"{setting}: {key} was killed and the caller got no fault: {call.status} {call.broken}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=Path, required=True, help="of a build with failpoints")
    parser.add_argument("--points", required=True, help="names, separated by commas")
    parser.add_argument("--most", type=int, default=60, help="times of one step at most")
    parser.add_argument("--folder", default=None, help="where the run keeps its files")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    folder = Path(tempfile.mkdtemp(prefix="onceway-crash-points-", dir=options.folder))
    journey = CrashPoints(options.programs.resolve(), folder, options.points.split(","), options.most)
    sys.exit(carry_to_its_end("crash_points", journey, folder))


if __name__ == "__main__":
    main()
