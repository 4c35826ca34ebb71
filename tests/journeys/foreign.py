"""SOAP software that others wrote, as callers and as a service of two real servers: zeep, pyxroad, soap of Node, curl.

Prints one JSON object: for each of them "passed" or "skipped: …", and why. Exit 0: nothing failed; 1: something did, with
what on stderr."""

import argparse
import base64
import hashlib
import json
import os
import shutil
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from journeys.up import soap_example  # noqa: E402
from support import soap_caller as soap  # noqa: E402
from support.documented import blocks, for_state  # noqa: E402
from support.foreign_packages import Unavailable, node_with_packages, python_with_packages  # noqa: E402
from support.journey import carry, expect, expect_in, say  # noqa: E402
from support.processes import run  # noqa: E402
from support.small_state import DEPARTMENTS, GRANTS_SERVICES, SmallState, description, listens  # noqa: E402

HERE = Path(__file__).resolve().parent
ASKER, PROVIDER, OTHER = "education", "social", "home"
NODE_PORT = 9004


class ForeignJourney:
    def __init__(self, programs, folder):
        self.folder, self.told = folder, {}
        wanted = [department for department in DEPARTMENTS if department[0] in (ASKER, PROVIDER, OTHER)]
        self.state = SmallState(self.folder / "state", programs, departments=wanted)
        self.asker, self.other = self.state.server(ASKER), self.state.server(OTHER)
        self.node = self.wanted("node", node_with_packages)
        self.python = self.wanted("python", python_with_packages)

    def wanted(self, name, fetch):
        try:
            return fetch()
        except Unavailable as why:
            return why

    def run(self):
        try:
            self.prepare_node()
            self.state.prepare()
            self.state.start()
            self.learn()
            for name, needs, tell in (("curl", None, self.curl), ("zeep", self.python, self.zeep),
                                      ("pyxroad", self.python, self.pyxroad), ("node-soap", self.node, self.node_soap)):
                if isinstance(needs, Unavailable):
                    self.told[name] = f"skipped: {needs}"
                else:
                    tell()
                    self.told[name] = "passed"
                say(f"{name}: {self.told[name]}")
        finally:
            self.state.stop()
        expect("processes left", self.state.processes_left(), 0)
        return {"format": "onceway-foreign/1", "ok": True, "clients": self.told}

    def prepare_node(self):
        """A service of soap of Node behind Home Affairs, which must answer before its WSDL can be declared."""
        if isinstance(self.node, Unavailable):
            return
        address = f"{self.other['address']}:{NODE_PORT}"
        wsdl = self.folder / "node.wsdl"
        wsdl.write_text((HERE / "grants/grants.wsdl").read_text().replace("127.0.0.1:9003", address))
        self.state.environment["node"] = {"NODE_PATH": str(self.node / "node_modules")}
        self.state.launch_command("node", ["node", HERE / "foreign/service.js", wsdl, self.other["address"], NODE_PORT])
        self.state.processes.wait_until("node", lambda: listens(address))
        self.state.declared[OTHER] = (description("wsdl", f"http://{address}/?wsdl") +
                                      f'\n[[client.right]]\nto = "{self.state.subsystem(ASKER)}"\nservice = "getGrant"\n')

    def learn(self):
        """People of the register, and its WSDL as a security server gives it: what all of them are told."""
        register = sqlite3.connect(f"file:{self.state.grants}?mode=ro", uri=True)
        number, person = register.execute("SELECT number, identity_number FROM social_grant WHERE status = 'active' AND"
                                          " substr(identity_number, 13) < '5' LIMIT 1").fetchone()
        nobody, = register.execute("SELECT identity_number FROM social_grant WHERE status = 'ended' AND"
                                   " substr(identity_number, 13) >= '5' LIMIT 1").fetchone()
        register.close()
        body = soap.metadata_body("getWsdl", "<xrd:serviceCode>getGrant</xrd:serviceCode>"
                                             "<xrd:serviceVersion>v1</xrd:serviceVersion>")
        answer = soap.post(self.asker, soap.envelope(self.state.subsystem(ASKER), f"{self.state.subsystem(PROVIDER)}/getWsdl", body))
        expect("getWsdl", answer.fault(), None)
        wsdl = self.folder / "described.wsdl"
        wsdl.write_bytes(answer.parts()[1][1])
        self.document = os.urandom(200_000)
        self.facts = {"wsdl": str(wsdl), "metadata": str(HERE / "foreign/metadata.wsdl"), "url": self.inside(self.asker),
                      "other_url": self.inside(self.other), "client": self.state.subsystem(ASKER),
                      "other": self.state.subsystem(OTHER), "provider": self.state.subsystem(PROVIDER),
                      "node_provider": self.state.subsystem(OTHER), "number": number, "person": person, "nobody": nobody,
                      "document": base64.b64encode(self.document).decode()}
        self.told_to_them = self.folder / "facts.json"
        self.told_to_them.write_text(json.dumps(self.facts))

    def inside(self, server):
        return f"http://{server['address']}:{server['http_port']}"

    def ask(self, command, **environment):
        done = run(command, env={**os.environ, **environment})
        return json.loads(done.stdout.splitlines()[-1])

    # --- each of them ---------------------------------------------------------------------------------------------

    def curl(self):
        done = run(soap_example(self.state, self.facts["person"]))
        answer = soap.Answer(200, {"Content-Type": "text/xml"}, done.stdout.encode())
        expect("what curl got", (answer.fault(), answer.find("status")), (None, ["active"]))

    def zeep(self):
        told = self.ask([self.python, HERE / "foreign/zeep_caller.py", self.told_to_them])
        header, grant = told["grant"]["header"], told["grant"]["body"]["grant"]
        expect("a grant", (grant["status"], [row["number"] for row in told["grants"]["grant"]]), ("active", [grant["number"]]))
        expect("header elements", [header[name] for name in ("id", "userId", "issue", "protocolVersion")],
               ["zeep-getGrant", "clerk-17", "admission 2026/1", "4.0"])
        expect("who asked", header["client"]["subsystemCode"], "admission")
        expect("a fault of the service", (told["no_grant"]["code"], "NoGrant" in told["no_grant"]["detail"]),
               ("soapenv:Client.NoGrant", True))
        expect("without a right", told["denied"]["code"], "server.serverproxy.access_denied")
        expect("another version", told["unknown"]["code"], "server.serverproxy.unknown_service")
        expect_in("a statement", "number;kind;month;amount", told["statement"])
        expect("listMethods", sorted(told["methods"]), sorted(GRANTS_SERVICES))
        expect("allowedMethods", sorted(told["allowed"]), sorted(GRANTS_SERVICES))
        expect_in("getWsdl", "http://example.org/xroad-endpoint", told["described"])
        shutil.copy(self.facts["wsdl"], self.folder / "grants.wsdl")
        example, = blocks("docs/adapter-developers/soap.md", "python")
        done = run([self.python, "-c", for_state(example, self.state, IDENTITY_NUMBER=self.facts["person"])], cwd=self.folder)
        expect("the example of soap.md", done.stdout.strip(), grant["kind"])

    def pyxroad(self):
        told = self.ask([self.python, HERE / "foreign/pyxroad_caller.py", self.told_to_them])
        expect("the id that it set", told["id"], "pyxroad-1")
        expect("a fault of the service", told["no_grant"], "This person receives no grant.")

    def node_soap(self):
        told = self.ask(["node", HERE / "foreign/caller.js", self.told_to_them],
                        NODE_PATH=str(self.node / "node_modules"))
        expect("a grant", told["grant"]["grant"]["status"], "active")
        expect("a fault of the service", (told["no_grant"]["code"], told["no_grant"]["detail"]["problem"]["code"]),
               ("soapenv:Client.NoGrant", "NoGrant"))
        document, = told["document"]["document"]
        expect("a document as MTOM", (document["octets"], document["sha256"]),
               (len(self.document), hashlib.sha256(self.document).hexdigest()))
        expect("an answer of Node's service", told["of_node"]["grant"]["kind"], "of-node")
        expect("a fault of Node's service", told["node_fault"]["text"], "Node knows of no grant.")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--programs", type=Path, required=True, help="folder of the programs")
    given = options.parse_args()
    return carry("foreign", lambda folder: ForeignJourney(given.programs.resolve(), folder))


if __name__ == "__main__":
    sys.exit(main())
