"""SOAP from an information system through two real servers to two systems and back: messages, faults, attachments, what
servers tell of services, what the pages for developers show, and the evidence of one exchange.

Prints one JSON object. Exit 0: all of it holds; 1: something does not, with what on stderr."""

import argparse
import base64
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from support import soap_caller as soap  # noqa: E402
from support.documented import blocks, for_state  # noqa: E402
from support.journey import carry, expect, expect_in, say  # noqa: E402
from support.processes import Failed, run  # noqa: E402
from support.recording_system import NAMESPACE, echo, written_wsdl  # noqa: E402
from support.small_state import GRANTS_SERVICES  # noqa: E402
from support.soap_world import ASKER, OTHER, PROVIDER, SoapWorld  # noqa: E402

ODD_FAULT = (b"<?xml version='1.0'?>\r\n<!-- as old systems write it --><e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'>"
             b"<e:Body><e:Fault><faultcode>e:Server.Full</faultcode><faultstring>The register is &quot;full&quot;.</faultstring>"
             b"<detail><d:when xmlns:d='urn:old'>2026-11-21</d:when></detail></e:Fault></e:Body></e:Envelope>\n\n")


class SoapJourney(SoapWorld):
    def __init__(self, programs, folder):
        super().__init__(programs, folder)
        self.programs, self.folder, self.steps = programs, folder, []

    def done(self, step):
        self.steps.append(step)
        say(step)

    def run(self):
        try:
            self.start()
            self.carry_messages()
            self.relay_faults()
            self.refuse()
            self.carry_attachments()
            self.bring_attachments()
            self.tell_of_clients()
            self.tell_of_services()
            self.give_descriptions()
            self.follow_the_pages()
            self.change_while_running()
            self.prove()
        finally:
            self.stop()
        return {"format": "onceway-soap/1", "ok": True, "steps": self.steps}

    # --- messages -------------------------------------------------------------------------------------------------

    def carry_messages(self):
        _, person = self.row("status = 'active'")
        request = self.grants("getGrant", f"<g:identityNumber>{person}</g:identityNumber>", "plain-1")
        answer = soap.post(self.asker, request)
        expect("a plain call", (answer.status, answer.fault()), (200, None))
        expect("its content type", answer.content_type.lower().replace(" ", ""), "text/xml;charset=utf-8")
        expect("its grant", answer.find("status"), ["active"])
        expect("its id", answer.header("id"), "plain-1")
        expect("its hash", answer.header("requestHash"), base64.b64encode(hashlib.sha512(request).digest()).decode())

        request = b"\xef\xbb\xbf" + self.relayed("plain-2", "Mthatha é – 東京", user_id="clerk 17", issue="2026/1",
                                                 more='<t:trace xmlns:t="urn:t">kept</t:trace>\n')
        answer = soap.post(self.asker, request, fields={"SOAPAction": '"urn:relay"', "Cookie": "a=b", "X-Own": "1"}, path="/any/path")
        expect("a call with everything", answer.fault(), None)
        asked = self.recorder.asked[-1]
        expect("octets that reach the service", asked.body, request)
        expect("where", asked.path, "/soap")
        expect("as", (asked.field("Content-Type"), asked.field("SOAPAction")), (["text/xml; charset=UTF-8"], ['"urn:relay"']))
        expect("fields of the caller that reach it", [name for name, _ in asked.fields if name in ("Cookie", "X-Own")], [])
        expect("header elements", [answer.header(name) for name in ("userId", "issue", "id")], ["clerk 17", "2026/1", "plain-2"])
        expect("elements of others", answer.header("trace", "urn:t"), "kept")
        without_hash = re.sub(rb"\s*<xrd:requestHash[^>]*>[^<]*</xrd:requestHash>", b"", answer.body)
        expect("the answer but for requestHash", without_hash.removeprefix(b"\xef\xbb\xbf").split(),
               request.removeprefix(b"\xef\xbb\xbf").replace(b"r:relay", b"r:relayResponse").split())
        self.done("octets of a request reach the service as they were sent, and its answer comes with the request's hash")

    def relay_faults(self):
        _, nobody = self.row("status = 'ended'")
        answer = soap.post(self.asker, self.grants("getGrant", f"<g:identityNumber>{nobody}</g:identityNumber>", "fault-1"))
        self.refused("a person without a grant", answer, "soapenv:Client.NoGrant", "receives no grant")
        expect_in("its detail", b"<g:code>NoGrant</g:code>", answer.fault()[2])
        answer = soap.post(self.asker, self.grants("getGrant", "", "fault-2"))
        self.refused("a parameter too few", answer, "soapenv:Client.MissingParameter", "identityNumber")
        other = self.grants("getGrant", "", "fault-4").replace(b"g:getGrant", b"g:getGrantAgain")  # begins with the service code
        self.refused("another operation", soap.post(self.asker, other), "soapenv:Client.UnknownOperation", "getGrantAgain")
        for status in (500, 200):
            self.recorder.reply = lambda asked, status=status: (status, [("Content-Type", "text/xml")], ODD_FAULT)
            answer = soap.post(self.asker, self.relayed(f"fault-3-{status}"))
            expect(f"octets of a fault with status {status}", (answer.status, answer.body), (200, ODD_FAULT))
        self.recorder.reply = echo
        self.done("faults of a service arrive octet for octet")

    def refuse(self):
        answer = soap.post(self.other, soap.envelope(self.state.subsystem(OTHER), f"{self.provider}/relay/v1",
                                                     f'<r:relay xmlns:r="{NAMESPACE}"/>', "no-right"))
        self.refused("without a right", answer, "server.serverproxy.access_denied", "has no right")
        closed = soap.envelope(self.client, f"{self.provider}/closed", f'<r:closed xmlns:r="{NAMESPACE}"/>', "closed")
        self.refused("another service", soap.post(self.asker, closed), "server.serverproxy.access_denied", "has no right")
        unknown = self.grants("getGrant", "", "unknown", "/v2")
        self.refused("another version", soap.post(self.asker, unknown), "server.serverproxy.unknown_service", "getGrant")
        old = soap.envelope(self.client, f"{self.provider}/old", f'<r:old xmlns:r="{NAMESPACE}"/>', "old")
        self.refused("a disabled description", soap.post(self.asker, old), "server.serverproxy.service_disabled", "Closed since May.")
        register = soap.envelope(self.client, f"{self.state.subsystem(OTHER)}/register", "<register/>", "type")
        self.refused("a REST service", soap.post(self.asker, register), "server.serverproxy.service_type", "register")
        for service, code in (("closed", "service_type"), ("getGrant", "unknown_service")):  # REST knows no versions
            expect(f"REST to {service}", self.rest(f"{self.provider}/{service}")[:2], (500, f"server.serverproxy.{code}"))
        before = len(self.recorder.asked)
        for what, request, code, says in self.malformed():
            self.refused(what, soap.post(self.asker, request), code, says)
        expect("calls that reached the service", len(self.recorder.asked), before)
        self.done("what may not be called is refused, and what is no message never leaves")

    def malformed(self):
        good = self.relayed("malformed")
        yield "a document type", good.replace(b"<soapenv:Env", b"<!DOCTYPE a><soapenv:Env", 1), "client.invalid_soap", "DOCTYPE"
        yield "another SOAP", good.replace(b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope"), \
            "client.invalid_soap", ""
        yield "no id", good.replace(b"<xrd:id>malformed</xrd:id>", b""), "client.missing_header_field", "id"
        yield "two ids", good.replace(b"<xrd:id>", b"<xrd:id>1</xrd:id><xrd:id>"), "client.duplicate_header_field", "id"
        yield "another version", good.replace(b">4.0<", b">5.0<"), "client.invalid_protocol_version", "5.0"
        yield "another wrapper", good.replace(b"r:relay", b"r:xrelay"), "client.inconsistent_headers", "relay"

    # --- attachments ----------------------------------------------------------------------------------------------

    def carry_attachments(self):
        number, _ = self.row("status = 'active'")
        large = os.urandom(3 << 20)
        documents = [([("Content-Type", "application/pdf"), ("Content-ID", "<a@test>")], b"%PDF\r\n--parts-of-a\r\n\x00\xff"),
                     ([("Content-Type", "application/octet-stream"), ("Content-ID", "<b@test>")], large),
                     ([("Content-Type", "text/plain"), ("Content-Transfer-Encoding", "base64"), ("Content-ID", "<c@test>")], b"YWJj\r\n"),
                     ([("Content-Type", "text/plain"), ("Content-ID", "<d@test>")], b"")]
        request = self.grants("addDocument", f"<g:number>{number}</g:number>", "swa-1")
        content_type, body = soap.multipart([([("Content-Type", "text/xml; charset=utf-8")], request), *documents])
        answer = soap.post(self.asker, body, content_type)
        expect("documents as attachments", answer.fault(), None)
        expect("their names", answer.find("contentId"), ["a@test", "b@test", "c@test", "d@test"])
        expect("their octets", answer.find("octets"), [str(len(content)) for _, content in documents])
        expect("their digests", answer.find("sha256"), [hashlib.sha256(content).hexdigest() for _, content in documents])

        include = '<g:content><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:b@test"/></g:content>'
        request = self.grants("addDocument", f"<g:number>{number}</g:number>{include}", "mtom-1")
        root = [("Content-Type", 'application/xop+xml; charset=UTF-8; type="text/xml"'), ("Content-ID", "<root@test>")]
        content_type, body = soap.multipart([(root, request), documents[1]], root="application/xop+xml")
        answer = soap.post(self.asker, body, content_type)
        expect("a document as MTOM", (answer.fault(), answer.find("octets")), (None, [str(len(large))]))

        request = self.relayed("swa-2")
        content_type, body = soap.multipart([([("Content-Type", "text/xml"), ("Content-ID", "<root>")], request), *documents])
        answer = soap.post(self.asker, body, content_type)
        asked = self.recorder.asked[-1]
        expect("the content type that reaches the service", asked.field("Content-Type"), [content_type])
        arrived = soap.Answer(200, {"Content-Type": content_type}, asked.body).parts()
        expect("the parts that reach it", [content for _, content in arrived], [request, *(content for _, content in documents)])
        expect("their fields", [fields for fields, _ in arrived[1:]],
               [{name.lower(): value for name, value in fields} for fields, _ in documents])
        expect("the parts that come back", [content for _, content in answer.parts()[1:]], [content for _, content in documents])
        self.done("attachments reach the service and come back octet for octet, as SwA and as MTOM")

    def bring_attachments(self):
        number, _ = self.row("status = 'active'")
        answer = soap.post(self.asker, self.grants("getStatement", f"<g:number>{number}</g:number>", "statement-1"))
        expect("a statement", answer.fault(), None)
        (fields, content), = answer.parts()[1:]
        expect("its digest", answer.find("sha256"), [hashlib.sha256(content).hexdigest()])
        expect("its fields", (fields["content-type"], fields["content-id"]), ("text/csv; charset=utf-8", f"<{number}@grants.example.org>"))
        self.done("a document comes as an attachment of an answer without one in the question")

    # --- what servers tell ----------------------------------------------------------------------------------------

    def tell_of_clients(self):
        fields, body = self.get("/listClients", Accept="application/json")
        expect_in("JSON", "application/json", fields["Content-Type"])
        listed = {"/".join(member["id"].get(part, "") for part in ("xroad_instance", "member_class", "member_code", "subsystem_code"))
                  .rstrip("/"): member["name"] for member in json.loads(body)["member"]}
        expect("a subsystem of the list", listed.get(self.provider), "Social Development")
        expect("a member of the list", listed.get(self.provider.rpartition("/")[0]), "Social Development")
        fields, body = self.get("/listClients")
        expect_in("XML", "text/xml", fields["Content-Type"])
        read = soap.Answer(200, fields, body).envelope()
        expect("the list as XML", (read.tag, len(read)), (f"{{{soap.XROAD}}}clientList", len(listed)))
        self.done("any server lists who belongs, as JSON and as XML")

    def tell_of_services(self):
        grants = [(code, "v1") for code in GRANTS_SERVICES]
        expect("listMethods", sorted(self.metadata("listMethods").services(), key=str),
               sorted([*grants, ("relay", "v1"), ("closed", None), ("old", None)], key=str))
        expect("allowedMethods", sorted(self.metadata("allowedMethods").services(), key=str),
               sorted([*grants, ("relay", "v1"), ("old", None)], key=str))
        expect("listMethods of a department without SOAP", self.metadata("listMethods", "", self.state.subsystem(OTHER)).services(), [])
        for code in ("listMethods", "allowedMethods"):
            status, _, body = self.rest(f"{self.state.subsystem(OTHER)}/{code}")
            expect(f"REST {code}", status, 200)
            found = json.loads(body)["service"]
            expect(f"REST {code}", [(one["service_code"], one["service_type"]) for one in found], [("register", "OPENAPI")])
            expect_in(f"REST {code}: endpoints", {"method": "GET", "path": "/persons/*"}, found[0]["endpoint_list"])
            expect(f"REST {code} of a department without REST", json.loads(self.rest(f"{self.provider}/{code}")[2]), {"service": []})
        self.done("listMethods and allowedMethods tell of SOAP and of REST services")

    def give_descriptions(self):
        answer = self.metadata("getWsdl", "<xrd:serviceCode>getGrant</xrd:serviceCode><xrd:serviceVersion>v1</xrd:serviceVersion>")
        (fields, wsdl), = answer.parts()[1:]
        expect("the type of a WSDL", fields["content-type"], "text/xml")
        expect_in("a WSDL", b'location="http://example.org/xroad-endpoint"', wsdl)
        expect("addresses of the service in it", wsdl.count(self.state.server(PROVIDER)["address"].encode()), 0)
        expect("everything else of it", wsdl.split(b"<soap:address")[0],
               (Path(__file__).parent / "grants/grants.wsdl").read_bytes().split(b"<soap:address")[0])
        status, _, body = self.rest(f"{self.state.subsystem(OTHER)}/getOpenAPI?serviceCode=register")
        expect("getOpenAPI", status, 200)
        expect("addresses of the service in it", body.count(self.other["address"].encode()), 0)
        expect_in("an OpenAPI document", "/persons/{identity_number}", json.loads(body)["paths"])
        self.done("descriptions are given without the addresses of the systems")

    # --- pages ----------------------------------------------------------------------------------------------------

    def follow_the_pages(self):
        """Types what soap.md says, block after block in one shell, and what the README shows."""
        number, person = self.row("status = 'active'")
        wanted = ("<g:status>active</g:status>", "<g:octets>22</g:octets>", "number;kind;month;amount", "unknown_member",
                  '"member"', ">getStatement<", "http://example.org/xroad-endpoint")
        examples = blocks("docs/adapter-developers/soap.md", "sh")
        expect("examples of soap.md", len(examples), len(wanted))
        for says, seen in zip(wanted, self.typed(examples, person, number)):
            expect_in("an example of soap.md", says, seen)
        calls = [block for block in blocks("README.md", "sh") if "curl" in block]
        for seen in self.typed(calls, person, number):
            expect_in("REST in the README", f'"identity_number":"{person}"', seen.replace(" ", ""))
            expect_in("SOAP in the README", "<g:status>active</g:status>", seen)
        self.done("what the pages show is answered as they say")

    def typed(self, examples, person, number):
        mark = "--- the next example ---"
        script = f"\necho; echo '{mark}'\n".join(examples)
        script = for_state(script, self.state, IDENTITY_NUMBER=person, GRANT_NUMBER=number)
        return run(["bash", "-euc", script], cwd=self.folder).stdout.split(mark)

    # --- an operator's changes ------------------------------------------------------------------------------------

    def change_while_running(self):
        """What the operator of the provider's server types while messages flow counts from the next one on."""
        url, to = f"{self.recorder.url}/wsdl", ("relay", "--to", self.client)
        for words, code in ((("description", "disable", self.provider, url, "--notice", "Back soon."), "server.serverproxy.service_disabled"),
                            (("description", "enable", self.provider, url), None),
                            (("right", "revoke", self.provider, *to), "server.serverproxy.access_denied"),
                            (("right", "grant", self.provider, *to), None)):
            self.state.in_server(self.state.server(PROVIDER), *words, "--yes")
            answer = soap.post(self.asker, self.relayed("changed"))
            expect(f"after {' '.join(words[:2])}", (answer.fault() or [None])[0], code)
        before, self.recorder.descriptions["/wsdl"] = self.recorder.descriptions["/wsdl"], written_wsdl(
            f"{self.recorder.url}/soap", [("relay", "v1"), ("relay", "v2")])
        self.state.in_server(self.state.server(PROVIDER), "description", "refresh", self.provider, url, "--yes", "--ignore-warnings")
        listed = self.metadata("listMethods").services()
        expect("services after a refresh", [one for one in listed if one[0] in ("relay", "closed")], [("relay", "v1"), ("relay", "v2")])
        self.recorder.descriptions["/wsdl"] = before
        self.done("descriptions and rights change while servers run, from the next message on")

    # --- evidence -------------------------------------------------------------------------------------------------

    def prove(self):
        evidence = self.folder / "evidence"
        zipfile.ZipFile(io.BytesIO(self.state.download(ASKER, "/verificationconf"))).extractall(evidence)
        for message_id in ("plain-2", "swa-1", "statement-1"):
            for key in (ASKER, PROVIDER):
                self.verify(evidence, key, message_id)
        self.ask_xmlsec1(evidence, "plain-2")
        self.done("signed documents of SOAP exchanges, with attachments too, are valid in both logs")

    def exported(self, key, message_id):
        """The signed documents of an exchange from a department's log, by name."""
        instance, member_class, code, subsystem = self.state.subsystem(key).split("/")
        archive = zipfile.ZipFile(io.BytesIO(self.state.download(
            key, f"/asic?xRoadInstance={instance}&memberClass={member_class}&memberCode={code}&subsystemCode={subsystem}"
                 f"&queryId={message_id}&force")))
        return {name: archive.read(name) for name in archive.namelist()}

    def verify(self, evidence, key, message_id):
        documents = self.exported(key, message_id)
        expect(f"documents of {message_id} in the log of {key}", len(documents), 2)
        for name, octets in documents.items():
            path = evidence / f"{key}-{name}"
            path.write_bytes(octets)
            told = run([self.programs / "onceway-audit", "verify", "--conf", evidence / "verificationconf", "--json", path],
                       ok=(0, 1, 2)).stdout
            verdict = json.loads(told.splitlines()[0])
            expect(f"{path.name}: {verdict.get('reason')}", verdict["verdict"], "valid")

    def ask_xmlsec1(self, evidence, message_id):
        if not shutil.which("xmlsec1"):
            self.done("skipped: xmlsec1 is not installed (Debian package xmlsec1)")
            return
        for name, octets in self.exported(ASKER, message_id).items():
            container, message, signature = zipfile.ZipFile(io.BytesIO(octets)), evidence / "message.xml", evidence / "signatures.xml"
            signature.write_bytes(container.read("META-INF/signatures.xml"))
            command = ["xmlsec1", "--verify", "--id-attr:Id", "SignedProperties", "--trusted-pem", self.state.folder / "pilot/ca.pem",
                       "--url-map:/message.xml", message, signature]
            message.write_bytes(container.read("message.xml"))
            run(command)
            message.write_bytes(container.read("message.xml") + b" ")
            if subprocess.run(command, capture_output=True).returncode == 0:
                raise Failed(f"xmlsec1 finds the signature of {name} good when its message was changed")
        self.done("xmlsec1 finds the signatures of both directions good, and bad when the message was changed")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--programs", type=Path, required=True, help="folder of the programs")
    given = options.parse_args()
    return carry("soap", lambda folder: SoapJourney(given.programs.resolve(), folder))


if __name__ == "__main__":
    sys.exit(main())
