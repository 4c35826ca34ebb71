#!/usr/bin/env python3
"""`./dev bench crash`: the journey of tests/journeys/crash.py with a thousand kills, on the programs that ship."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from journeys import crash  # noqa: E402

if __name__ == "__main__":
    crash.main(sys.argv[1:], prog="./dev bench crash", rounds=1000, samples=20)
