"""A small state in which one thing after the other is broken, and what `onceway-server doctor` says each time.

Prints one JSON object: for each scene the exit status, the time it took, and every finding that is not well."""

import argparse
import http.client
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from support.small_state import DEPARTMENTS, SmallState, listens  # noqa: E402


def until(what, seconds=20.0):
    """Waits until `what()` is true."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError("what the scene needs did not come about")
        time.sleep(0.05)


class Scenes:
    def __init__(self, folder, programs):
        self.service = socket.create_server(("127.0.0.1", 0))  # stands for an information system: it listens
        url = f"http://127.0.0.1:{self.service.getsockname()[1]}"
        departments = [department for department in DEPARTMENTS if department[0] in ("home", "education")]
        self.state = SmallState(folder, programs, departments=departments, adapters=False,
                                services={"home": {"register": url}})
        self.home, self.education = self.state.server("home"), self.state.server("education")
        self.told = {}

    # --- asking ---

    def ask(self, scene, *more):
        began = time.monotonic()
        done = subprocess.run([self.state.programs / "onceway-server", "--dir", self.home["data"], "doctor", "--json", *more],
                              capture_output=True, text=True, timeout=60)
        answer = json.loads(done.stdout) if done.stdout else {"checks": [], "verdict": done.stderr}
        self.told[scene] = {"exit": done.returncode, "took_s": round(time.monotonic() - began, 2),
                            "verdict": answer["verdict"], "checks": len(answer["checks"]),
                            "bad": [check for check in answer["checks"] if check["verdict"] != "ok"]}

    def health(self):
        """What the health endpoint of Home Affairs says: its status and its reasons."""
        try:
            connection = http.client.HTTPConnection(self.home["address"], 5588, timeout=2)
            connection.request("GET", "/")
            answer = connection.getresponse()
            told = json.loads(answer.read())
            return answer.status, [reason["code"] for reason in told["troubles"] + told["warnings"]]
        except OSError:
            return 0, []

    # --- breaking and mending ---

    def run_server(self, key):
        server = self.state.server(key)
        self.state.launch(key, "onceway-server", "--dir", server["data"], "run")
        address = f"{server['address']}:5500"
        self.state.processes.wait_until(key, lambda: listens(address), 20)

    def run_registry(self):
        host = self.state.registry_host
        self.state.launch("registry", "onceway-registry", "--data", self.state.folder / "registry", "serve",
                          "--http", f"{host}:8880", "--https", f"{host}:8843")
        self.state.processes.wait_until("registry", lambda: listens(f"{host}:8880"))

    def pilot_fails(self, service, how):
        self.state.program("onceway-pilot", "fail", self.state.folder / "pilot", "--service", service, "--how", how)

    def registry_says(self, text):
        file = self.state.folder / "registry-state.toml"
        file.write_text(text)
        self.state.in_registry("apply", file, "--operator", "journey")

    def status(self):
        done = subprocess.run([self.state.programs / "onceway-server", "--dir", self.home["data"], "status", "--json"],
                              capture_output=True, text=True, timeout=30)
        return json.loads(done.stdout)

    # --- the scenes ---

    def running(self):
        state = self.state
        until(lambda: self.health()[0] == 200)
        self.ask("healthy")
        self.ask("one peer named", "--peer", self.education["id"])
        self.ask("an unknown peer named", "--peer", "ZA-WC/GOV/NOBODY/ss1")

        for service, how in (("ocsp", "expire"), ("ocsp", "wrong"), ("tsa", "garbage"), ("tsa", "refuse")):
            self.pilot_fails(service, how)
            self.ask(f"{service} told to fail: {how}")
            self.pilot_fails(service, "off")

        state.processes.stop("education")
        self.ask("peer down")
        self.run_server("education")

        port = self.service.getsockname()[1]
        self.service.close()
        self.ask("service down")
        self.service = socket.create_server(("127.0.0.1", port))

        (self.home["data"] / "keys").chmod(0o755)
        self.ask("folder open to others")
        (self.home["data"] / "keys").chmod(0o700)

        state.processes.stop("registry")
        until(lambda: "configuration_download_failing" in self.health()[1])
        self.ask("registry stopped")
        self.run_registry()
        until(lambda: self.health() == (200, []))

        state.processes.stop("pilot")
        self.ask("trust services stopped")
        state.launch("pilot", "onceway-pilot", "serve", state.folder / "pilot", "--ocsp", state.ocsp_address, "--tsa", state.tsa_address)
        state.processes.wait_until("pilot", lambda: listens(state.ocsp_address) and listens(state.tsa_address))

        whole = state.registry_state()
        self.registry_says(whole.replace(f'certificates = ["{self.home["data"]}/authentication.crt"]\n', ""))
        until(lambda: "certificate_not_registered" in self.health()[1])
        self.ask("certificate not registered")
        self.registry_says(whole)
        until(lambda: self.health() == (200, []))

    def expired(self):
        """The registry goes on answering, but publishes nothing new."""
        whole = self.state.registry_state()
        short = "[publication]\nevery_seconds = 1\nvalid_seconds = 4\n\n"
        self.registry_says(whole.replace("[management]", short + "[management]", 1))
        # What was seen before lasts longer, and going back is refused: so it is forgotten, the server being stopped.
        shutil.rmtree(self.home["data"] / "registry")
        self.run_server("home")
        until(lambda: self.status()["configuration"].get("seconds_left", 99) <= 4)
        self.registry_says(whole.replace('[management]\nprovider = "GOV/REGISTRY/MANAGEMENT"\n', short))
        until(lambda: self.health()[0] == 503)
        self.ask("configuration expired")

    def stopped(self):
        self.state.processes.stop("home")
        self.ask("stopped")
        with socket.create_server((self.home["address"], 5500)):
            self.ask("port taken")
        pin = self.home["data"] / "pin"
        right = pin.read_text()
        pin.write_text("0000-wrong\n")
        self.ask("wrong PIN")
        pin.write_text(right)
        (self.home["data"] / "anchor.xml").rename(self.home["data"] / "anchor.kept")
        self.ask("anchor missing")
        (self.home["data"] / "anchor.kept").rename(self.home["data"] / "anchor.xml")
        self.ask("stopped and mended")

    def play(self):
        self.state.prepare()
        self.state.start()
        self.running()
        self.stopped()
        self.expired()


def main():
    parser = argparse.ArgumentParser(prog="doctor")
    parser.add_argument("--programs", type=Path, required=True)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="onceway-doctor-"))
    scenes = Scenes(folder / "state", arguments.programs.resolve())
    status = 0
    try:
        scenes.play()
    except Exception as trouble:  # whatever stopped the play is told, with what was seen until then
        print(f"doctor: {type(trouble).__name__}: {trouble}", file=sys.stderr)
        status = 1
    finally:
        scenes.state.stop()
        scenes.told["processes_left"] = scenes.state.processes_left()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(scenes.told), flush=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
