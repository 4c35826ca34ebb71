#!/usr/bin/env python3
"""`./dev bench`: the exchange through two servers beside the same way made of nginx, in one run; what it promises, held.

Exit 0: every floor is held; 1: one is not; 2: it could not be told, with the reason on stderr."""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import machine  # noqa: E402
import report  # noqa: E402
from bench import Bench  # noqa: E402
from support.processes import Failed  # noqa: E402


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object (format onceway-bench/1) on stdout")
    parser.add_argument("--quick", action="store_true", help="one round of 2 s, bodies of 64 MiB: to try the harness")
    parser.add_argument("--repeat", type=int, default=1, help="so many passes over the floors, each on a new state")
    parser.add_argument("--cores", type=int, help="everything stays on so many cores (default: all there are)")
    parser.add_argument("--threads", type=int, default=2, help="of each server, and workers of nginx (default 2)")
    parser.add_argument("--seconds", type=int, help="of each round (default 6)")
    parser.add_argument("--rounds", type=int, help="of each chain and number of connections (default 3)")
    parser.add_argument("--floors-only", action="store_true", help="no other sizes of bodies, no EC keys")
    parser.add_argument("--no-profile", action="store_true", help="shares of time are computed, although perf is here")
    parser.add_argument("--big-bytes", type=int, help="of the large body (default 1 GiB)")
    parser.add_argument("--programs", type=Path, default=ROOT / "build/release/bin", help="folder of the programs")
    parser.add_argument("--folder", default="/var/tmp", help="where the run keeps its files; a real disk (default /var/tmp)")
    parser.add_argument("--keep", action="store_true", help="leaves the files of the run behind")
    options = parser.parse_args(arguments)
    usual = (2, 1, 64 << 20) if options.quick else (6, 3, 1 << 30)
    options.seconds, options.rounds = options.seconds or usual[0], options.rounds or usual[1]
    options.case_seconds = min(options.seconds, 4)
    options.big_bytes = options.big_bytes or usual[2]
    options.programs = options.programs.resolve()
    options.cases = not options.floors_only
    options.profile = not options.no_profile and not options.quick and shutil.which("perf") is not None
    return options


def one_pass(options):
    folder = Path(tempfile.mkdtemp(prefix="onceway-bench-", dir=options.folder))
    keep = options.keep
    try:
        return Bench(options, folder).run()
    except (Failed, subprocess.CalledProcessError):
        keep = True
        raise
    finally:
        if keep:
            print(f"bench: the files of this run are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def all_passes(options):
    """The first pass is the result; what the floors say in the others stands beside it, and counts as well."""
    result = one_pass(options)
    options.cases = False
    result["repeats"] = []
    for _ in range(options.repeat - 1):
        again = one_pass(options)
        result["repeats"].append({key: again[key] for key in ("floors", "ratios", "disturbed", "ok")})
    result["ok"] = result["ok"] and all(again["ok"] for again in result["repeats"])
    return result


def main(arguments):
    options = options_of(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for tool in ("wrk", "openssl"):
        if not shutil.which(tool):
            print(f"bench: {tool} is not installed; ./dev bench installs it", file=sys.stderr)
            return 2
    machine.keep_to(options.cores)
    try:
        result = all_passes(options)
    except (Failed, OSError) as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as failed:
        print(f"bench: {Path(str(failed.cmd[0])).name} ended with status {failed.returncode}: {failed.stderr}", file=sys.stderr)
        return 2
    print(json.dumps(result) if options.json else report.text(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
