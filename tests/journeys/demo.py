"""`./dev demo`: a whole small state on this machine, one errand, one signed document verified, one refused."""

import argparse
import http.client
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from journeys import citizens  # noqa: E402
from support.processes import Failed  # noqa: E402
from support import soap_caller as soap  # noqa: E402
from support.small_state import DEPARTMENTS, SmallState  # noqa: E402

GRANTS = "http://grants.example.org/v1"
CONTAINERS = 6


class Demo:
    def __init__(self, state, programs, out, keep):
        self.state, self.programs, self.out, self.keep = state, programs, out, keep
        self.result = {"format": "onceway-demo/1", "ok": False, "instance": state.instance,
                       "build_s": float(os.environ.get("ONCEWAY_BUILD_SECONDS", "0")), "run_s": 0.0,
                       "steps": [], "form": [], "services": [], "refusals": [], "containers": [], "tampered": None,
                       "processes_left": None}

    def say(self, text=""):
        print(text, file=self.out, flush=True)

    def step(self, name, ok, begun, **facts):
        entry = {"name": name, "ok": bool(ok), "ms": round((time.monotonic() - begun) * 1000, 1), "message_id": None,
                 "client": None, "service": None, "status": None, "fault": None} | facts
        self.result["steps"].append(entry)
        return entry

    def call(self, name, asker, provider, service, path, expected=200):
        """One REST call of an information system to its own security server."""
        begun = time.monotonic()
        server = self.state.server(asker)
        client, target = self.state.subsystem(asker), f"{self.state.subsystem(provider)}/{service}"
        connection = http.client.HTTPConnection(server["address"], server["http_port"], timeout=30)
        connection.request("GET", f"/r1/{target}{path}", headers={"X-Road-Client": client, "Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        entry = self.step(name, answer.status == expected, begun, message_id=answer.getheader("x-road-id"), client=client,
                          service=target, status=answer.status, fault=answer.getheader("X-Road-Error"))
        return entry, body

    def call_soap(self, name, asker, provider, service, body, fault=None):
        """One SOAP call of an information system to its own security server; `service` is a code, or code and version."""
        begun = time.monotonic()
        client, target = self.state.subsystem(asker), f"{self.state.subsystem(provider)}/{service}"
        message_id = f"demo-{uuid.uuid4()}"
        answer = soap.post(self.state.server(asker), soap.envelope(client, target, body, message_id, user_id="clerk-17"))
        code = (answer.fault() or [None])[0]
        entry = self.step(name, answer.status == 200 and code == fault, begun, message_id=message_id, client=client,
                          service=target, status=answer.status, fault=code)
        return entry, answer

    # --- the errand -----------------------------------------------------------------------------------------------

    def errand(self, child):
        self.say(f"\nA parent applies for school admission and types the child's identity number: {child}")
        self.say("Education asks Home Affairs and Health over the bus in REST, Social Development in SOAP:\n")
        person_call, person = self.call("home_affairs", "education", "home", "register", f"/persons/{child}")
        doses_call, doses = self.call("health", "education", "health", "register", f"/immunisations/{child}")
        grant_call, grant = self.call_soap("social_development", "education", "social", "getGrant/v1",
                                           f'<g:getGrant xmlns:g="{GRANTS}"><g:identityNumber>{child}</g:identityNumber>'
                                           "</g:getGrant>")
        for call, body in ((person_call, person), (doses_call, doses), (grant_call, grant.body)):
            if not call["ok"]:
                raise Failed(f"{call['name']} was answered {call['status']} {body.decode(errors='replace')}")
        person, doses = json.loads(person), json.loads(doses)
        for label, key in citizens.FORM:
            self.result["form"].append({"field": label, "value": person[key], "source": "Home Affairs"})
        for dose in doses:
            self.result["form"].append({"field": f"Immunisation {dose['vaccine']} {dose['dose']}", "value": dose["given_on"],
                                        "source": "Health"})
        kind, since = grant.find("kind")[0], grant.find("since")[0]
        self.result["form"].append({"field": "Exempt from school fees", "value": f"yes: grant {kind} since {since}",
                                    "source": "Social Development"})
        width = max(len(row["field"]) for row in self.result["form"])
        for row in self.result["form"]:
            self.say(f"  {row['field']:<{width}}  {str(row['value'] or '–'):<34}  {row['source']}")
        self.say(f"\n  Home Affairs answered in {person_call['ms']:.0f} ms, Health in {doses_call['ms']:.0f} ms, "
                 f"Social Development in {grant_call['ms']:.0f} ms.")
        return person_call, grant_call

    def services(self):
        """What listMethods says of each department, asked in both languages."""
        self.say("\nWhat each department offers, as its security server tells whoever asks (listMethods):")
        for key, _, name, _ in DEPARTMENTS:
            _, body = self.call(f"list_{key}", "education", key, "listMethods", "")
            rest = [{"code": one["service_code"], "type": one["service_type"],
                     "endpoints": [f"{endpoint['method']} {endpoint['path']}" for endpoint in one["endpoint_list"]]}
                    for one in json.loads(body)["service"]]
            _, answer = self.call_soap(f"list_{key}_soap", "education", key, "listMethods", soap.metadata_body("listMethods"))
            spoken = [{"code": code, "version": version} for code, version in answer.services()]
            self.result["services"].append({"department": name, "subsystem": self.state.subsystem(key), "rest": rest, "soap": spoken})
            lines = [f"{one['type'].lower()}  {one['code']}: {', '.join(one['endpoints']) or 'any path'}" for one in rest]
            if spoken:
                lines.append("soap  " + ", ".join(f"{one['code']} {one['version'] or ''}".strip() for one in spoken))
            for line in lines or ["nothing; it only asks"]:
                self.say(f"  {name:<20} {line}")
                name = ""

    def refusals(self, child):
        self.say("\nTwo questions that get a clear refusal:")
        entry, body = self.call("no_record", "education", "home", "register", f"/persons/{citizens.nobody(self.state.population)}", 404)
        self.refuse("no_record", entry, body, "a person who is in no register")
        entry, body = self.call("no_right", "health", "home", "register", f"/persons/{child}", 500)
        entry["ok"] = entry["fault"] == "server.serverproxy.access_denied"
        self.refuse("no_right", entry, body, "a department without the right to ask")

    def refuse(self, case, entry, body, words):
        self.result["refusals"].append({"case": case, "status": entry["status"], "fault": entry["fault"]})
        try:
            answer = json.loads(body)
            text = answer.get("message") or answer.get("detail") or answer.get("error") or str(answer)
        except (ValueError, AttributeError):
            text = body.decode(errors="replace")
        self.say(f"  {words}: {entry['status']} {entry['fault'] or ''} {text}")

    # --- the evidence ---------------------------------------------------------------------------------------------

    def export(self, message_id, folder, sides, prefix=""):
        """The signed documents of one exchange from the logs of `sides`: (side, department) each."""
        found = []
        for side, name in sides:
            instance, member_class, code, subsystem = self.state.subsystem(name).split("/")
            archive = zipfile.ZipFile(io.BytesIO(self.state.download(
                name, f"/asic?xRoadInstance={instance}&memberClass={member_class}&memberCode={code}"
                      f"&subsystemCode={subsystem}&queryId={message_id}&force")))
            for entry in sorted(archive.namelist()):
                direction = "request" if "-request-" in entry else "response"
                path = folder / f"{prefix}{side}-{direction}.asice"
                path.write_bytes(archive.read(entry))
                found.append({"protocol": "soap" if prefix else "rest", "side": side, "direction": direction, "path": str(path)})
        return sorted(found, key=lambda row: (row["side"], row["direction"]))

    def verify(self, conf, path):
        done = subprocess.run([self.programs / "onceway-audit", "verify", "--conf", conf, "--json", path],
                              capture_output=True, text=True, timeout=30)
        return json.loads(done.stdout.splitlines()[0])

    def evidence(self, rest, spoken, folder):
        self.say("\nThe signed documents of the first question from both sides' logs, and of the SOAP question from the asker's,\n"
                 "exported and verified offline:\n")
        conf, begun = folder / "verificationconf", time.monotonic()
        zipfile.ZipFile(io.BytesIO(self.state.download("education", "/verificationconf"))).extractall(folder)
        containers = self.export(rest["message_id"], folder, (("client", "education"), ("provider", "home")))
        containers += self.export(spoken["message_id"], folder, (("client", "education"),), "soap-")
        self.step("export", len(containers) == CONTAINERS, begun, message_id=rest["message_id"])
        begun = time.monotonic()
        for container in containers:
            verdict = self.verify(conf, container["path"])
            signer = (verdict.get("signer") or {}).get("member")
            stamp = (verdict.get("time_stamp") or {}).get("at")
            self.result["containers"].append(container | {"verdict": verdict["verdict"], "signer": signer, "time_stamp": stamp})
            self.say(f"  {container['protocol']}  {container['side']:<8} {container['direction']:<8}  {verdict['verdict']}: signed by {signer}, "
                     f"time-stamped {stamp}")
        self.step("verify", len(containers) == CONTAINERS and all(c["verdict"] == "valid" for c in self.result["containers"]), begun)

        begun = time.monotonic()
        original = Path(containers[0]["path"]).read_bytes()
        octets, offset = one_byte_changed(original)
        self.result["tampered"] = self.tampered(conf, folder / "tampered.asice", octets) | {"offset": offset}
        shown = self.result["tampered"]
        self.say(f"\nOne byte of the first container changed (octet {offset}):\n"
                 f"  {shown['verdict']}: {shown['code']}: {shown['reason']}")
        forged = self.tampered(conf, folder / "forged.asice", message_changed(original))
        self.result["forged"] = forged
        self.say("One digit of the message changed and every check sum of the file put right, as a forger would:\n"
                 f"  {forged['verdict']}: {forged['code']}: {forged['reason']}")
        self.step("tamper", shown["verdict"] == forged["verdict"] == "invalid", begun)
        if self.keep:
            self.keep.mkdir(parents=True, exist_ok=True)
            for file in [Path(c["path"]) for c in containers] + [folder / "tampered.asice", folder / "forged.asice"]:
                shutil.copy(file, self.keep)
            shutil.copytree(conf, self.keep / "verificationconf", dirs_exist_ok=True)
            for container in self.result["containers"]:
                container["path"] = str(self.keep / Path(container["path"]).name)
            for changed in (self.result["tampered"], self.result["forged"]):
                changed["path"] = str(self.keep / Path(changed["path"]).name)

    def tampered(self, conf, path, octets):
        path.write_bytes(octets)
        verdict = self.verify(conf, path)
        return {"path": str(path), "verdict": verdict["verdict"], "code": verdict["code"], "reason": verdict["reason"]}

    def run(self, folder):
        begun = time.monotonic()
        self.say("A small state comes up: pilot authority, registry, four departments, two legacy databases, a SOAP system …")
        self.state.prepare()
        self.state.start()
        self.step("state", True, begun)
        child = citizens.child_of_school_age(self.state.population, self.state.immunisations, self.state.grants)
        rest, spoken = self.errand(child)
        self.services()
        self.refusals(child)
        self.evidence(rest, spoken, folder)


def one_byte_changed(octets):
    """The container with one octet of its message entry changed, and the octet's offset."""
    info = zipfile.ZipFile(io.BytesIO(octets)).getinfo("message.xml")
    name_and_extra = sum(int.from_bytes(octets[info.header_offset + at:info.header_offset + at + 2], "little") for at in (26, 28))
    offset = info.header_offset + 30 + name_and_extra + info.compress_size // 2
    changed = bytearray(octets)
    changed[offset] ^= 1
    return bytes(changed), offset


def message_changed(octets):
    """The container with one digit of message.xml changed and everything that ZIP checks put right."""
    source, target = zipfile.ZipFile(io.BytesIO(octets)), io.BytesIO()
    with zipfile.ZipFile(target, "w") as writer:
        for info in source.infolist():
            content = bytearray(source.read(info))
            if info.filename == "message.xml":
                content[content.index(b"\r\n", content.index(b"\r\n") + 2) - 1] ^= 1  # the last digit of the path
            writer.writestr(zipfile.ZipInfo(info.filename, info.date_time), bytes(content))
    return target.getvalue()


def main():
    parser = argparse.ArgumentParser(prog="./dev demo")
    parser.add_argument("--programs", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    programs = arguments.programs.resolve()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    folder = Path(tempfile.mkdtemp(prefix="onceway-demo-"))
    state = SmallState(folder / "state", programs, seed=arguments.seed, authentication_key=("--type", "ec"))
    demo = Demo(state, programs, sys.stderr if arguments.json else sys.stdout, arguments.keep and arguments.keep.resolve())
    begun, status = time.monotonic(), 1
    try:
        demo.run(folder)
    except KeyboardInterrupt:
        demo.say("\nStopping …")
        status = 130
    except (Failed, OSError, ValueError, LookupError, KeyError) as trouble:
        print(f"demo: {trouble}", file=sys.stderr)
        demo.step("failed", False, begun, fault=str(trouble)[:500])
    finally:
        state.stop()
        demo.result["processes_left"] = state.processes_left()
        if status != 1 or os.environ.get("ONCEWAY_KEEP_STATE") is None:
            shutil.rmtree(folder, ignore_errors=True)
    result = demo.result
    result["run_s"] = round(time.monotonic() - begun, 2)
    result["ok"] = (status == 1 and bool(result["steps"]) and all(step["ok"] for step in result["steps"])
                    and len(result["refusals"]) == 2 and len(result["containers"]) == CONTAINERS
                    and (result["tampered"] or {}).get("verdict") == "invalid" and result["processes_left"] == 0)
    if arguments.json:
        print(json.dumps(result), flush=True)
    elif result["ok"]:
        demo.say(f"\nDone in {result['run_s']:.1f} s; nothing is left running. Next:\n"
                 "  ./dev up                      keep this state running and try calls of your own\n"
                 "  docs/getting-started          the same, step by step\n"
                 "  docs/operators                install a server of your own\n"
                 "  docs/auditors                 what a signed document proves")
    if status == 130:
        sys.exit(130)
    sys.exit(0 if result["ok"] else 1)


if __name__ == "__main__":
    main()
