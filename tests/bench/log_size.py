"""What the message logs kept: octets on disk, and records of each kind."""

import sqlite3
from pathlib import Path

KINDS = {"client": ("client_requests", "client_responses"), "provider": ("provider_requests", "provider_responses")}


def octets(folder):
    """Everything under the folder of a message log, as allocated by its files' lengths."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def records(folder, side):
    """(requests, responses) that a stopped server's log holds for one side, refusals left out."""
    databases = [path for path in Path(folder).rglob("*.db") if has_records(path)]
    counts = [0, 0]
    for path in databases:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        for index, column in enumerate(KINDS[side]):
            counts[index] += connection.execute(f"SELECT coalesce(sum({column}), 0) FROM pack").fetchone()[0]
        connection.close()
    return tuple(counts)


def has_records(path):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'pack'").fetchone() is not None
    finally:
        connection.close()


def commits(folder):
    """(records, commits) of a log, whether its server runs or not: what was committed together lies in one pack."""
    total = [0, 0]
    for path in Path(folder).rglob("*.db"):
        if has_records(path):
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            found = connection.execute("SELECT coalesce(sum(records), 0), count(*) FROM pack").fetchone()
            total = [sum(pair) for pair in zip(total, found)]
            connection.close()
    return tuple(total)
