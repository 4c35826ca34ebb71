#!/usr/bin/env python3
"""Memory that cannot be had, files and sockets that fail: by libfiu, in front of the programs as they are.

First a storm: two servers carry calls while a part of their calls to the system fails, and when it is over, what callers
saw and what both logs hold must agree (promises P1 and P2), and the servers carry again. Then the commands, with one call
failing at a time. Exit 0: kept; 1: broken; 77: nothing to test with."""

import argparse
import io
import os
import sys
import tempfile
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]
import preloaded  # noqa: E402
import trials  # noqa: E402
from support.processes import Failed  # noqa: E402
from support.steady_load import SteadyLoad  # noqa: E402
from support.watched_pair import ASKER, PROVIDER, WatchedPair  # noqa: E402

# What fails, how often, and with which error: one that a healthy system can give. Receiving and sending are left to the
# fault proxy of tests/support, because here the connection would live on behind a failure that says it is gone.
STORM = [("posix/io/net/connect", 0.2, 111), ("posix/io/net/accept", 0.2, 24), ("posix/io/net/socket", 0.2, 24),
         ("posix/io/rw/*", 0.002, 5), ("posix/io/oc/open", 0.1, 24), ("libc/mm/*", 0.0002, 12)]
STORM_S, CALM_S = 1.0, 30


def say(text):
    print(text, flush=True)


def carries_again(pair):
    """After a storm the servers carry calls again: by themselves, or started anew where they ask for it, because a disk
    that failed to sync is not believed any more."""
    until, patience = time.monotonic() + CALM_S, time.monotonic() + 3
    while time.monotonic() < until:
        for key in (ASKER, PROVIDER):
            if pair.process(key).poll() is not None:
                pair.start_again(key)
        call = pair.ask()
        if call.succeeded:
            return
        if time.monotonic() > patience and "restart the server" in (call.detail or ""):
            for key in (ASKER, PROVIDER):
                pair.end(key)
                pair.start_again(key)
            patience = until
        time.sleep(0.1)
    raise Failed(f"no call succeeded within {CALM_S} s after the storm: {call.status} {call.detail} {call.broken}")


def storm(pair, pipes, name, probability, number):
    """One kind of failure in both servers under load; gives what is wrong with how it went."""
    load = SteadyLoad(pair.state, ASKER, pair.service)
    load.start()
    pids = [pair.process(key).pid for key in (ASKER, PROVIDER)]
    for pid in pids:
        preloaded.tell(pipes, pid, f"enable_random name={name},probability={probability},failinfo={number}")
    time.sleep(STORM_S)
    troubles = []
    for key, pid in zip((ASKER, PROVIDER), pids):
        ended = pair.process(key).poll()
        if ended is None:
            preloaded.tell(pipes, pid, f"disable name={name}")
        elif ended < 0 and not name.startswith("libc/mm"):
            troubles.append(f"{key} was ended by signal {-ended} while {name} failed")
    load.stop()
    carries_again(pair)
    say(f"storm of {name:20} {len(load.calls):5} calls, {sum(call.succeeded for call in load.calls):5} answered 200")
    return load.calls, troubles


def storms(programs, folder):
    wrapped, pipes = preloaded.controlled(programs, folder)
    pair = WatchedPair(wrapped, folder / "state")
    calls, troubles = [], []
    try:
        pair.start()
        carries_again(pair)
        evidence(pair, folder)
        for name, probability, number in STORM:
            made, wrong = storm(pair, pipes, name, probability, number)
            calls += made
            troubles += wrong
        for key in (ASKER, PROVIDER):
            troubles += pair.end(key)
    finally:
        pair.stop()
    wrong, records = pair.judge(calls)
    say(f"records: {', '.join(f'{key} {count}' for key, count in records.items())}")
    return troubles + wrong


def evidence(pair, folder):
    """A signed document, the same with one letter changed, and whom to trust."""
    call = pair.ask(octets=100)
    zipfile.ZipFile(io.BytesIO(pair.state.download(ASKER, "/verificationconf"))).extractall(folder)
    instance, member_class, code, subsystem = pair.state.subsystem(ASKER).split("/")
    documents = zipfile.ZipFile(io.BytesIO(pair.state.download(
        ASKER, f"/asic?xRoadInstance={instance}&memberClass={member_class}&memberCode={code}&subsystemCode={subsystem}"
               f"&queryId={call.message_id}&force")))
    name = next(name for name in documents.namelist() if "-request-" in name)
    octets = documents.read(name)
    (folder / "right.asice").write_bytes(octets)
    original = zipfile.ZipFile(io.BytesIO(octets))
    with zipfile.ZipFile(folder / "wrong.asice", "w") as forged:
        for entry in original.namelist():
            content = original.read(entry)
            forged.writestr(entry, content.replace(b"/r1/", b"/r2/") if entry == "message.xml" else content)


def commands(programs, folder):
    audit, server = programs / "onceway-audit", programs / "onceway-server"
    verify = [audit, "verify", "--conf", folder / "verificationconf"]
    states = [folder / "a.toml", folder / "b.toml"]
    for path, code in zip(states, "ab"):
        path.write_text(f'[[client]]\nid = "T/GOV/1/{code}"\n')
    held = folder / "held"
    trials.Making("", server, held).attempt(dict(os.environ))
    return [trials.Trial("verify, right", [*verify, folder / "right.asice"], {0}),
            trials.Trial("verify, wrong", [*verify, folder / "wrong.asice"], {1}),
            trials.Trial("inspect", [audit, "inspect", "container", folder / "right.asice"], {0, 1}),
            trials.Trial("status", [server, "--dir", held, "status"], {2}),
            trials.Making("init", server, folder / "made"),
            trials.Applying("apply", server, held, states)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--nth-call", type=Path, help="the library that counts calls; built where libfiu-dev is installed")
    options = parser.parse_args()
    if os.environ.get("ONCEWAY_SANITIZED"):
        say("MESSAGE: skipped: libfiu and the sanitizers both replace malloc")
        return 77
    if not preloaded.at_hand() or not options.nth_call or not options.nth_call.exists():
        say("MESSAGE: skipped: libfiu-dev and fiu-utils are not installed")
        return 77
    programs = options.programs.resolve()
    with tempfile.TemporaryDirectory(prefix="onceway-failing-") as folder:
        broken = storms(programs, Path(folder))
        for trial in commands(programs, Path(folder)):
            broken += trials.hold(trial, options.nth_call.resolve(), say)
    for why in broken:
        say(f"BROKEN: {why}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
