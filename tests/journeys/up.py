"""`./dev up`: the small state of the demo, kept running until Ctrl-C."""

import argparse
import json
import shlex
import signal
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from journeys import citizens  # noqa: E402
from support import soap_caller as soap  # noqa: E402
from support.processes import Failed  # noqa: E402
from support.small_state import SmallState  # noqa: E402


def soap_example(state, child):
    """The words of a SOAP call with curl."""
    education = state.server("education")
    request = soap.envelope(state.subsystem("education"), f"{state.subsystem('social')}/getGrant/v1",
                            f'<g:getGrant xmlns:g="http://grants.example.org/v1"><g:identityNumber>{child}</g:identityNumber>'
                            "</g:getGrant>", "example-1").decode()
    return ["curl", "-s", "-H", "Content-Type: text/xml", "--data-binary", request,
            f"http://{education['address']}:{education['http_port']}/"]


def describe(state):
    child = citizens.child_of_school_age(state.population, state.immunisations, state.grants)
    education = state.server("education")
    example = ["curl", "-s", "-H", f"X-Road-Client: {state.subsystem('education')}",
               f"http://{education['address']}:{education['http_port']}/r1/{state.subsystem('home')}/register/persons/{child}"]
    return {"format": "onceway-up/1", "instance": state.instance,
            "registry": {"url": state.registry_url, "anchor": str(state.anchor)},
            "pilot": {"ocsp": state.ocsp_url, "tsa": state.tsa_url},
            "servers": [{"id": server["id"], "http": f"http://{server['address']}:{server['http_port']}",
                         "https": f"https://{server['address']}:{server['https_port']}",
                         "peer": f"{server['address']}:5500", "ocsp": f"http://{server['address']}:5577",
                         "pid": server["pid"], "data": str(server["data"])} for server in state.servers],
            "examples": [example, soap_example(state, child)]}


def main():
    parser = argparse.ArgumentParser(prog="./dev up")
    parser.add_argument("--programs", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    folder = Path(tempfile.mkdtemp(prefix="onceway-up-"))
    state = SmallState(folder, arguments.programs.resolve(), seed=arguments.seed, authentication_key=("--type", "ec"))
    status = 0
    try:
        if not arguments.json:
            print("A small state comes up …", flush=True)
        state.prepare()
        state.start()
        about = describe(state)
        if arguments.json:
            print(json.dumps(about), flush=True)
        else:
            print(f"\nInstance {about['instance']}\n  registry   {about['registry']['url']}\n"
                  f"  anchor     {about['registry']['anchor']}\n"
                  f"  OCSP       {about['pilot']['ocsp']}\n  time-stamps {about['pilot']['tsa']}")
            for server in about["servers"]:
                print(f"\n  {server['id']}\n    for information systems  {server['http']}  {server['https']}\n"
                      f"    for other servers        {server['peer']}  {server['ocsp']}\n    data  {server['data']}")
            print("\nTry, in REST and in SOAP:\n\n" + "\n\n".join(shlex.join(example) for example in about["examples"]))
            print("\nCtrl-C stops everything.", flush=True)
        while True:
            state.check()
            time.sleep(0.5)
    except KeyboardInterrupt:
        if not arguments.json:
            print("\nStopping …", flush=True)
    except (Failed, OSError, LookupError) as trouble:
        print(f"up: {trouble}", file=sys.stderr)
        status = 1
    finally:
        state.stop()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
