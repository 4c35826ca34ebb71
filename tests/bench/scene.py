"""Both chains on one machine: a small state with two servers, the same way made of nginx, one backend behind both."""

import itertools
import os
from pathlib import Path

import load
import log_size
import soap
from nginx_chain import NginxChain
from support.processes import Failed
from support.small_state import DEPARTMENTS, SmallState, description, listens

ASKER, PROVIDER = "education", "home"
SERVER_SETTINGS = "threads = {threads}\npooled_connections = true\n"
KEYS = {"rsa": [], "ec": ["--type", "ec"]}
numbers = itertools.count()


class Scene:
    """`threads`: of each server and of nginx, which has as many workers."""

    def __init__(self, folder, programs, signing_key="rsa", threads=2):
        self.folder, self.programs, self.threads = Path(folder), Path(programs), threads
        self.folder.mkdir(parents=True, exist_ok=True)
        seat = os.getpid() * 4 + next(numbers) % 4  # beside any other state
        self.state = SmallState(self.folder / "state", programs, adapters=False, signing_key=KEYS[signing_key],
                                departments=[entry for entry in DEPARTMENTS if entry[0] in (ASKER, PROVIDER)],
                                base=f"127.{64 + seat // 250 % 64}.{seat % 250}")
        base = self.state.base
        self.backend, self.nginx_at = f"{base}.150:9300", f"{base}.151:9301"
        self.sources = [f"{base}.{host}" for host in range(160, 168)]  # a load may come from several addresses
        self.state.extra_services = {PROVIDER: {"bench": f"http://{self.backend}"}}
        self.state.declared[PROVIDER] = description("wsdl", f"http://{self.backend}/wsdl") + (
            f'\n[[client.right]]\nto = "{self.state.subsystem(ASKER)}"\nservice = "{soap.SERVICE}"\n')
        self.chain = NginxChain(self.folder / "nginx", self.processes, self.nginx_at, f"{base}.152:9302", self.backend,
                                threads)
        self.path = f"/r1/{self.state.subsystem(PROVIDER)}/bench"
        self.onceway = load.Way("onceway", self.inside, f"{self.path}/rest", self.state.subsystem(ASKER),
                                self.state.subsystem(PROVIDER))
        self.nginx = load.Way("nginx", self.nginx_at, "/rest")
        self.ways = [self.onceway, self.nginx]

    @property
    def processes(self):
        return self.state.processes

    @property
    def servers(self):
        return self.state.servers

    @property
    def inside(self):
        server = self.state.server(ASKER)
        return f"{server['address']}:{server['http_port']}"

    def prepare(self):
        self.start_backend()  # its WSDL is read when the provider's state is applied
        self.state.prepare()
        for server in self.servers:
            self.settle(server)

    def settle(self, server):
        """The server's file says what this run wants of it."""
        path = server["data"] / "server.toml"
        settings = SERVER_SETTINGS.format(threads=self.threads)
        path.write_text(path.read_text().replace("[server]\n", "[server]\n" + settings, 1))

    def start_backend(self):
        if not listens(self.backend):
            host, port = self.backend.split(":")
            self.processes.start("backend", [self.programs / "bench_backend", host, port, "2"])
            self.processes.wait_until("backend", lambda: listens(self.backend))

    def start_servers(self):
        self.start_backend()
        self.state.start()
        self.log_before = {server["key"]: self.log_octets(server) for server in self.servers}

    def start_yardstick(self):
        self.chain.start()
        for name, address in (("provider", self.chain.provider), ("consumer", self.chain.consumer)):
            self.processes.wait_until(f"nginx-{name}", lambda address=address: listens(address))

    def end_servers(self):
        """Who asks ends first, so that nothing is under way when its provider ends; a server closes its log as it goes.
        Everything else ends as well."""
        for key in (ASKER, PROVIDER):
            process = self.processes.running[key]
            self.processes.stop(key)
            if process.returncode != 0:
                raise Failed(f"{key} ended with status {process.returncode} when it was told to stop")
        self.state.stop()

    def stop(self):
        self.state.stop()

    def log_octets(self, server):
        return log_size.octets(server["data"] / "messages")

    def commits(self):
        """For each server: (records, commits) in its log so far."""
        return {server["key"]: log_size.commits(server["data"] / "messages") for server in self.servers}

    def kept(self):
        """For each side of a state that has ended: (exchanges in its log, by how many octets the log grew)."""
        found = {}
        for side, key in (("client", ASKER), ("provider", PROVIDER)):
            server = self.state.server(key)
            records = log_size.records(server["data"] / "messages", side)
            found[side] = min(records), self.log_octets(server) - self.log_before[key]
        return found
