#!/usr/bin/env python3
"""Many large bodies at once, each way, through both servers: how much memory does that take at most?

Exit 0: less than was promised, and every body arrived as it was; 1: not; 2: it could not be told."""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import big  # noqa: E402
import memory  # noqa: E402
from scene import ASKER, Scene  # noqa: E402
from support.processes import Failed  # noqa: E402

MOST_KIB = 256 * 1024


def at_once(count, carry):
    """What was wrong with those that did not arrive."""
    wrong = []

    def one():
        try:
            arrived, why = carry()
        except OSError as error:
            arrived, why = False, str(error)
        if not arrived:
            wrong.append(why)

    callers = [threading.Thread(target=one) for _ in range(count)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return wrong


def measure(scene, options):
    client = scene.state.subsystem(ASKER)
    pids = {server["key"]: scene.processes.running[server["key"]].pid for server in scene.servers}
    fine = True
    for direction, carry in (("request", big.send), ("answer", big.receive)):
        for pid in pids.values():
            memory.forget_highest(pid)
        began = time.monotonic()
        wrong = at_once(options.messages, lambda carry=carry: carry(scene.inside, scene.path, client, options.octets))
        highest = {key: memory.highest_kib(pid) for key, pid in pids.items()}
        fine = fine and not wrong and max(highest.values()) <= MOST_KIB
        held = ", ".join(f"{key} {kib // 1024} MiB" for key, kib in highest.items())
        print(f"{options.messages} bodies of {options.octets} octets, {direction}: at most {held}; "
              f"{time.monotonic() - began:.0f} s; {len(wrong)} did not arrive" + (f": {wrong[0]}" if wrong else ""))
    return fine


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--octets", type=int, default=20 * 1024 * 1024)
    parser.add_argument("--programs", type=Path, default=ROOT / "build/release/bin", help="folder of the programs")
    parser.add_argument("--folder", default="/var/tmp", help="where the run keeps its files: four times the octets")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="onceway-crowd-", dir=options.folder))
    try:
        scene = Scene(folder, options.programs.resolve())
        try:
            scene.prepare()
            scene.start_servers()
            return 0 if measure(scene, options) else 1
        finally:
            scene.stop()
    except Failed as failed:
        print(f"crowd: {failed}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
