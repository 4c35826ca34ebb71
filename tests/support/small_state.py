"""A small state on loopback: a pilot authority, a registry, four departments with a server each, two legacy databases and a
legacy SOAP system.

Everything is made with the programs' own commands, as an administrator would type them; `prepare` makes, `start` runs,
`stop` ends what was started, by process id."""

import concurrent.futures
import fcntl
import http.client
import json
import os
import socket
import sys
import tempfile
import urllib.request
from pathlib import Path

from journeys.grants import register
from support.processes import Failed, Processes, run

INSTANCE = "ZA-WC"
DEPARTMENTS = [
    # key, member code, name, subsystem
    ("home", "HOME", "Home Affairs", "people"),
    ("health", "HEALTH", "Health", "immunisation"),
    ("education", "EDUCATION", "Education", "admission"),
    ("social", "SOCIAL", "Social Development", "grants"),
]
PEER_PORTS = (5500, 5577)
ADAPTER_PORTS = {"home": 9001, "health": 9002}
GRANTS_SERVICE, GRANTS_PORT = Path(register.__file__).with_name("service.py"), 9003
GRANTS_SERVICES = ("getGrant", "listGrants", "addDocument", "getStatement")


def lease_base():
    """The first 127.0.N where nobody uses a port that we need, and the lock that keeps it ours: a second small state may
    run beside this one."""
    for third in [10, *range(20, 120)]:
        base = f"127.0.{third}"
        lock = open(Path(tempfile.gettempdir()) / f"onceway-{base}-{os.getuid()}.lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        needed = [(host, port) for host in range(1, len(DEPARTMENTS) + 1) for port in (8080, 8443, 5588, *PEER_PORTS)]
        needed += [(100, 8880), (100, 8843), (200, 8888), (200, 8899)]
        if all(can_bind(f"{base}.{host}", port) for host, port in needed):
            return base, lock
        lock.close()
    raise Failed("no loopback addresses are free between 127.0.10.0 and 127.0.119.0")


def can_bind(host, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            return True
        except OSError:
            return False


class SmallState:
    instance = INSTANCE

    def __init__(self, folder, programs, *, seed=1, base=None, departments=DEPARTMENTS, people=1000, settings="",
                 time_stamping_interval=1, services=None, declared=None, adapters=True, signing_key=(),
                 authentication_key=(), environment=None):
        self.folder, self.programs, self.seed, self.people = Path(folder), Path(programs), seed, people
        self.base, self.lease = (base, None) if base else lease_base()
        self.departments, self.settings, self.interval = departments, settings, time_stamping_interval
        self.extra_services, self.with_adapters, self.signing_key = services or {}, adapters, list(signing_key)
        self.declared = declared or {}  # by department: what its state file says besides
        self.authentication_key, self.environment = authentication_key, environment or {}  # of programs, by name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.processes = Processes(self.folder / "logs")
        self.started = []
        self.servers = [{"key": key, "id": f"{INSTANCE}/GOV/{code}/ss1", "member": f"{INSTANCE}/GOV/{code}", "name": name,
                         "subsystem": f"{INSTANCE}/GOV/{code}/{subsystem}", "address": f"{self.base}.{number}",
                         "http_port": 8080, "https_port": 8443, "data": self.folder / key, "pid": None}
                        for number, (key, code, name, subsystem) in enumerate(departments, 1)]
        trust = f"{self.base}.200"
        self.ocsp_address, self.tsa_address = f"{trust}:8888", f"{trust}:8899"
        self.ocsp_url, self.tsa_url = f"http://{self.ocsp_address}", f"http://{self.tsa_address}"
        self.registry_host = f"{self.base}.100"
        self.registry_url = f"http://{self.registry_host}:8880"
        self.population, self.immunisations = self.folder / "population.db", self.folder / "immunisation.db"
        self.grants = self.folder / "grants.db"

    # --- questions ------------------------------------------------------------------------------------------------

    def server(self, key):
        return next(server for server in self.servers if server["key"] == key)

    def has(self, key):
        return any(server["key"] == key for server in self.servers)

    def subsystem(self, key):
        return self.server(key)["subsystem"]

    @property
    def anchor(self):
        return self.folder / "registry" / "anchor-internal.xml"

    def program(self, name, *arguments, **more):
        return run([self.programs / name, *arguments], **more)

    def in_server(self, server, *arguments):
        return self.program("onceway-server", "--dir", server["data"], *arguments)

    def in_registry(self, *arguments):
        return self.program("onceway-registry", "--data", self.folder / "registry", *arguments)

    # --- preparing ------------------------------------------------------------------------------------------------

    def prepare(self):
        """Makes keys, certificates, states and databases. Nothing runs yet but the departments' own systems, whose
        descriptions are read when the states are applied."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            pilot = pool.submit(self.program, "onceway-pilot", "init", self.folder / "pilot", "--name", INSTANCE,
                                "--key", "ec", "--ocsp-url", self.ocsp_url)
            registry = pool.submit(self.prepare_registry)
            people = pool.submit(self.prepare_systems)
            pilot.result()
            registry.result()
            made = [pool.submit(self.prepare_server, server) for server in self.servers]
            people.result()
            for each in made:
                each.result()
            list(pool.map(self.declare, self.servers))
        self.apply_registry_state()

    def prepare_systems(self):
        """The databases, and the systems before them that are asked over the bus."""
        if not self.with_adapters:
            return
        self.program("onceway-adapter", "generate", "--people", self.people, "--seed", self.seed,
                     "--population", self.population, "--immunisation", self.immunisations)
        for key in filter(self.has, ADAPTER_PORTS):
            self.launch(f"adapter-{key}", "onceway-adapter", "serve", self.adapter_declaration(key, ADAPTER_PORTS[key]))
        if self.has("social"):
            register.make(self.population, self.grants, self.seed)
            self.launch_command("grants", [sys.executable, GRANTS_SERVICE, "--register", self.grants, "--address",
                                           self.server("social")["address"], "--port", GRANTS_PORT])
            self.processes.wait_until("grants", lambda: listens(f"{self.server('social')['address']}:{GRANTS_PORT}"))
        for key in filter(self.has, ADAPTER_PORTS):
            address = f"{self.server(key)['address']}:{ADAPTER_PORTS[key]}"
            self.processes.wait_until(f"adapter-{key}", lambda address=address: listens(address))

    def prepare_registry(self):
        self.in_registry("init", "--instance", INSTANCE, "--address", f"{self.registry_host}:8880", "--key", "ec")

    def prepare_server(self, server):
        data, address = server["data"], server["address"]
        self.program("onceway-server", "init", data, "--id", server["id"], "--anchor", self.anchor, "--inside", address,
                     "--outside", address, "--health", f"{address}:5588", "--new-pin", "--refresh", "2")
        if self.settings:
            with open(data / "server.toml", "a") as file:
                file.write(self.settings)
        for usage, more in (("authentication", self.authentication_key),
                            ("signing", ["--member", server["member"], *self.signing_key])):
            key = json.loads(self.in_server(server, "key", "generate", "--usage", usage, *more, "--json").stdout)["id"]
            request, certificate = data / f"{usage}.csr", data / f"{usage}.crt"
            fields = (["--dns", f"{server['key']}.example", "--owner-name", server["name"]] if usage == "authentication"
                      else ["--name", server["name"]])
            self.in_server(server, "key", "csr", key, "--out", request, "--country", "ZA", "--profile", "basic", *fields)
            self.program("onceway-pilot", "issue", self.folder / "pilot", "--csr", request, "--out", certificate)
            self.in_server(server, "key", "import", certificate)

    def declare(self, server):
        services = server["data"] / "services.toml"
        services.write_text(self.services_of(server))
        self.in_server(server, "apply", services, "--yes")

    def services_of(self, server):
        """The declared state of a server: its subsystem, what it offers, and who may ask."""
        key, at = server["key"], f"http://{server['address']}"
        text = f'[[client]]\nid = "{server["subsystem"]}"\nconnection = "http"\n'
        offered = []
        if self.with_adapters and key in ADAPTER_PORTS:
            offered.append("register")
            text += description("openapi", f"{at}:{ADAPTER_PORTS[key]}/openapi.json", 'code = "register"\n')
        if self.with_adapters and key == "social":
            offered += GRANTS_SERVICES
            text += description("wsdl", f"{at}:{GRANTS_PORT}/?wsdl")
        for code, url in self.extra_services.get(key, {}).items():
            offered.append(code)
            text += f'\n[[client.service]]\ncode = "{code}"\ntype = "rest"\nurl = "{url}"\n'
        for code in offered:
            text += f'\n[[client.right]]\nto = "{self.subsystem("education")}"\nservice = "{code}"\n'
        return text + self.declared.get(key, "")

    def apply_registry_state(self):
        state = self.folder / "registry-state.toml"
        state.write_text(self.registry_state())
        self.in_registry("apply", state, "--operator", "demo")
        self.in_registry("publish")

    def registry_state(self):
        pilot = self.folder / "pilot"
        text = (f'instance = "{INSTANCE}"\ntime_stamping_interval_seconds = {self.interval}\n\n'
                '[management]\nprovider = "GOV/REGISTRY/MANAGEMENT"\n\n'
                '[classes]\nGOV = "Government"\n\n'
                '[[members]]\nclass = "GOV"\ncode = "REGISTRY"\nname = "Registry Operator"\nsubsystems = ["MANAGEMENT"]\n\n'
                f'[[certification_services]]\nname = "Pilot CA"\ncertificate = "{pilot}/ca.pem"\n'
                f'ocsp = [{{ url = "{self.ocsp_url}", certificate = "{pilot}/ocsp.pem" }}]\n\n'
                f'[[time_stamping_services]]\nname = "Pilot TSA"\nurl = "{self.tsa_url}"\ncertificate = "{pilot}/tsa.pem"\n')
        for server in self.servers:
            instance, member_class, code, subsystem = server["subsystem"].split("/")
            text += (f'\n[[members]]\nclass = "{member_class}"\ncode = "{code}"\nname = "{server["name"]}"\n'
                     f'subsystems = ["{subsystem}"]\n'
                     f'\n[[servers]]\nowner = "{member_class}/{code}"\ncode = "ss1"\naddress = "{server["address"]}"\n'
                     f'certificates = ["{server["data"]}/authentication.crt"]\n'
                     f'clients = ["{member_class}/{code}/{subsystem}"]\n')
        return text

    # --- running --------------------------------------------------------------------------------------------------

    def start(self):
        """Starts everything and returns when each server answers."""
        self.launch("pilot", "onceway-pilot", "serve", self.folder / "pilot", "--ocsp", self.ocsp_address, "--tsa", self.tsa_address)
        self.launch("registry", "onceway-registry", "--data", self.folder / "registry", "serve",
                    "--http", f"{self.registry_host}:8880", "--https", f"{self.registry_host}:8843")
        self.processes.wait_until("pilot", lambda: listens(self.ocsp_address) and listens(self.tsa_address))
        self.processes.wait_until("registry", lambda: listens(f"{self.registry_host}:8880"))
        for server in self.servers:
            self.launch_server(server)
        for server in self.servers:
            self.processes.wait_until(server["key"], lambda server=server: healthy(server), 20)

    def launch_server(self, server):
        self.launch(server["key"], "onceway-server", "--dir", server["data"], "run")
        server["pid"] = self.processes.running[server["key"]].pid

    def adapter_declaration(self, key, port):
        source = {"home": "population-register.toml", "health": "immunisation-register.toml"}[key]
        example = Path(__file__).resolve().parents[2] / "adapters/database/examples" / source
        database = self.population if key == "home" else self.immunisations
        lines = []
        for line in example.read_text().splitlines():
            name = line.split("=")[0].strip()
            if name == "database":
                line = f'database = "{database}"'
            elif name == "address":
                line = f'address = "{self.server(key)["address"]}"'
            elif name == "port":
                line = f"port = {port}"
            lines.append(line)
        declaration = self.folder / source
        declaration.write_text("\n".join(lines) + "\n")
        return declaration

    def launch(self, name, program, *arguments):
        self.launch_command(name, [self.programs / program, *arguments])

    def launch_command(self, name, command):
        environment = os.environ | self.environment.get(name, {})
        process = self.processes.start(name, command, env=environment)
        self.started.append(process.pid)

    def check(self):
        """Fails when a program has ended by itself."""
        for name, process in self.processes.running.items():
            if process.poll() is not None:
                raise Failed(f"{name} ended with status {process.returncode}:\n{self.processes.tail(name)}")

    def stop(self):
        self.processes.stop_all()
        found = self.processes.sanitizers_say()
        if found:
            raise Failed("sanitizers found:\n" + "\n".join(found[:20]))

    def processes_left(self):
        return self.processes.left(self.started)

    def download(self, key, target, timeout=30):
        server = self.server(key)
        connection = http.client.HTTPConnection(server["address"], server["http_port"], timeout=timeout)
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != 200:
            raise Failed(f"{key} answered {answer.status} to GET {target}: {body[:300].decode(errors='replace')}")
        return body


def description(kind, url, more=""):
    """A description in a state file, with its services enabled from the start."""
    return f'\n[[client.description]]\ntype = "{kind}"\nurl = "{url}"\n{more}disabled = false\n'


def listens(address):
    host, port = address.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), 0.2):
            return True
    except OSError:
        return False


def healthy(server):
    try:
        with urllib.request.urlopen(f"http://{server['address']}:5588/", timeout=0.5) as answer:
            return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False
