"""A small state with two SOAP systems behind Social Development's server, the grant register and one that records, and
the questions that a journey asks them."""

import sqlite3
import urllib.error
import urllib.request

from support import soap_caller as soap
from support.journey import expect, expect_in
from support.recording_system import NAMESPACE, RecordingSystem
from support.small_state import DEPARTMENTS, SmallState, description

ASKER, PROVIDER, OTHER = "education", "social", "home"
GRANTS = "http://grants.example.org/v1"


class SoapWorld:
    """Education asks, Social Development answers, Home Affairs has no right to ask and offers a REST service."""

    def __init__(self, programs, folder):
        wanted = [department for department in DEPARTMENTS if department[0] in (ASKER, PROVIDER, OTHER)]
        self.state = SmallState(folder / "state", programs, departments=wanted)
        self.asker, self.other = self.state.server(ASKER), self.state.server(OTHER)
        self.client, self.provider = self.state.subsystem(ASKER), self.state.subsystem(PROVIDER)
        self.recorder = RecordingSystem(f"{self.state.base}.150:9301", {"/wsdl": [("relay", "v1"), ("closed", None)],
                                                                        "/old": [("old", None)]})
        rights = "".join(f'\n[[client.right]]\nto = "{self.client}"\nservice = "{code}"\n' for code in ("relay", "old"))
        self.state.declared[PROVIDER] = (
            description("wsdl", f"{self.recorder.url}/wsdl") +
            f'\n[[client.description]]\ntype = "wsdl"\nurl = "{self.recorder.url}/old"\ndisabled = "Closed since May."\n' + rights)

    def start(self):
        self.state.prepare()
        self.state.start()

    def stop(self):
        self.state.stop()
        self.recorder.stop()
        expect("processes left", self.state.processes_left(), 0)

    # --- asking ---------------------------------------------------------------------------------------------------

    def grants(self, operation, inner, message_id, version="/v1"):
        body = f'<g:{operation} xmlns:g="{GRANTS}">{inner}</g:{operation}>'
        return soap.envelope(self.client, f"{self.provider}/{operation}{version}", body, message_id)

    def relayed(self, message_id, text="", **more):
        body = f'<r:relay xmlns:r="{NAMESPACE}">{text}</r:relay>'
        return soap.envelope(self.client, f"{self.provider}/relay/v1", body, message_id, **more)

    def metadata(self, code, inner="", service=None):
        request = soap.envelope(self.client, f"{service or self.provider}/{code}", soap.metadata_body(code, inner), f"about-{code}")
        answer = soap.post(self.asker, request)
        expect(f"{code}: fault", answer.fault(), None)
        return answer

    def row(self, condition):
        """Number and person of one grant."""
        register = sqlite3.connect(f"file:{self.state.grants}?mode=ro", uri=True)
        try:
            return register.execute(f"SELECT number, identity_number FROM social_grant WHERE {condition} LIMIT 1").fetchone()
        finally:
            register.close()

    def refused(self, what, answer, code, says):
        expect(f"{what}: status", answer.status, 200)
        expect(f"{what}: content type", answer.content_type.replace(" ", "").lower(), "text/xml;charset=utf-8")
        fault = answer.fault()
        expect(f"{what}: code", fault and fault[0], code)
        expect_in(f"{what}: text", says, fault[1])

    def get(self, target, **fields):
        url = f"http://{self.asker['address']}:{self.asker['http_port']}{target}"
        with urllib.request.urlopen(urllib.request.Request(url, headers=fields), timeout=30) as answer:
            return answer.headers, answer.read()

    def rest(self, service):
        """Status, code and body of a REST call."""
        try:
            fields, body = self.get(f"/r1/{service}", **{"X-Road-Client": self.client})
            return 200, fields.get("X-Road-Error"), body
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("X-Road-Error"), error.read()
