"""What every journey does alike: says what it expected, works in a folder of its own, and ends with a status."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from support.processes import Failed


def expect(what, seen, wanted):
    if seen != wanted:
        raise Failed(f"{what}: {seen!r}, not {wanted!r}")


def expect_in(what, part, whole):
    if part not in (whole or ""):
        raise Failed(f"{what}: {part!r} is not in {whole!r}")


def say(line):
    """Progress; stdout belongs to the result."""
    print(line, file=sys.stderr, flush=True)


def carry(name, make):
    """Runs the journey `make(folder)` to its end, prints its result as one JSON line, and gives the exit status: 0 it held,
    1 it did not, with what on stderr. The folder goes away."""
    folder = Path(tempfile.mkdtemp(prefix=f"onceway-{name}-"))
    try:
        print(json.dumps(make(folder).run()), flush=True)
        return 0
    except (Failed, OSError, subprocess.SubprocessError, ValueError, LookupError) as failed:
        say(f"{name}: {type(failed).__name__}: {failed}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
