"""A provider's SOAP system that keeps what it was asked, octet for octet, and answers what a test tells it to."""

import http.server
import threading
from dataclasses import dataclass

NAMESPACE = "urn:recording"


@dataclass
class Asked:
    path: str
    fields: list  # (name, value) as they came, in order
    body: bytes

    def field(self, name):
        """All values of a field, by its name without regard to case."""
        return [value for key, value in self.fields if key.lower() == name.lower()]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        described = self.server.descriptions.get(self.path)
        self.answer(200 if described else 404, [("Content-Type", "text/xml")], described or b"")

    def do_POST(self):
        asked = Asked(self.path, list(self.headers.items()), self.whole_body())
        self.server.asked.append(asked)
        self.answer(*self.server.reply(asked))

    def whole_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status, fields, body):
        self.send_response(status)
        for name, value in (*fields, ("Content-Length", len(body))):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class RecordingSystem(http.server.ThreadingHTTPServer):
    """Runs on threads of its own until `stop`. `descriptions` names the operations of each WSDL that it serves:
    {"/wsdl": [(code, version or None), …]}. `reply` takes an `Asked` and gives status, fields and body; it begins as `echo`."""
    daemon_threads = True

    def __init__(self, address, descriptions):
        host, port = address.rsplit(":", 1)
        super().__init__((host, int(port)), Handler)
        self.asked, self.reply = [], echo
        self.url = f"http://{host}:{self.server_address[1]}"
        self.descriptions = {path: written_wsdl(f"{self.url}/soap", operations) for path, operations in descriptions.items()}
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, *_):
        """Callers that go away are what some tests are about."""

    def stop(self):
        self.shutdown()
        self.server_close()


def echo(asked):
    """The request as an answer: `r:relay` becomes `r:relayResponse`, every other octet stays."""
    body = asked.body.replace(b"<r:relay ", b"<r:relayResponse ").replace(b"</r:relay>", b"</r:relayResponse>")
    return 200, [("Content-Type", asked.field("Content-Type")[0])], body


def written_wsdl(address, operations):
    """A WSDL with as much as a server reads: (code, version or None) for each operation."""
    listed = ""
    for code, version in operations:
        mark = f'<id:version xmlns:id="http://x-road.eu/xsd/identifiers">{version}</id:version>' if version else ""
        listed += f'<operation name="{code}"><soap:operation soapAction=""/>{mark}</operation>'
    return (f'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" '
            f'xmlns:r="{NAMESPACE}" targetNamespace="{NAMESPACE}"><portType name="r"/>'
            f'<binding name="r" type="r:r"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>{listed}</binding>'
            f'<service name="r"><port name="r" binding="r:r"><soap:address location="{address}"/></port></service>'
            "</definitions>").encode()
