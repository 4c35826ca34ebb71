"""The social-grant register of Social Development: a SOAP 1.1 service as a ministry has had it for years.

It knows nothing of security servers but one thing: it repeats the header elements of a request in its answer. Its WSDL is
at ?wsdl. `python3 service.py --register grants.db --address 127.0.0.1 --port 9003` serves until SIGTERM or Ctrl-C."""

import argparse
import hashlib
import http.server
import re
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from journeys.grants.envelope import (  # noqa: E402
    GRANTS, INCLUDE, Problem, Request, grants_element, local_name, multipart, written, written_fault)
from journeys.grants.register import Register, amount_of, statement_of  # noqa: E402

LONGEST_BODY = 64 * 1024 * 1024
DESCRIPTION = (Path(__file__).resolve().parent / "grants.wsdl").read_text()


class Operations:
    """What the binding of grants.wsdl lists. Each gives the element of the answer's body, and attachments."""

    def __init__(self, register):
        self.register = register
        self.by_name = {"getGrant": self.get_grant, "listGrants": self.list_grants, "addDocument": self.add_document,
                        "getStatement": self.get_statement}

    def answer(self, request):
        name = local_name(request.operation)
        operation = self.by_name.get(name)
        if not operation or request.operation.tag != f"{{{GRANTS}}}{name}" or request.version not in (None, "v1"):
            raise Problem("UnknownOperation", f"This register has no operation {request.operation.tag} "
                                              f"of version {request.version or 'none'}.", name)
        return operation(request)

    def get_grant(self, request):
        active = [row for row in self.grants_of_person(request) if row["status"] == "active"]
        if not active:
            raise Problem("NoGrant", "This person receives no grant.", "identityNumber")
        return grants_element("getGrantResponse", None, [written_grant(active[0])]), []

    def list_grants(self, request):
        return grants_element("listGrantsResponse", None, map(written_grant, self.grants_of_person(request))), []

    def grants_of_person(self, request):
        number = request.parameter("identityNumber")
        if not re.fullmatch("[0-9]{13}", number):
            raise Problem("InvalidParameter", "An identity number has thirteen digits.", "identityNumber")
        return self.register.of_person(number)

    def numbered_grant(self, request):
        number = request.parameter("number")
        grant = self.register.by_number(number)
        if not grant:
            raise Problem("NoGrant", f"No grant has the number {number}.", "number")
        return grant

    def add_document(self, request):
        self.numbered_grant(request)
        if not request.attachments:
            raise Problem("MissingParameter", "addDocument needs the documents as attachments.", "attachment")
        known = {part.fields.get("content-id", "").strip("<>") for part in request.attachments}
        for include in request.operation.iter(INCLUDE):
            if include.get("href", "").removeprefix("cid:") not in known:
                raise Problem("InvalidParameter", f"No attachment is called {include.get('href')}.", "content")
        described = [written_document(part.fields.get("content-id", "").strip("<>"), part.content_type, part.content)
                     for part in request.attachments]
        return grants_element("addDocumentResponse", None, described), []

    def get_statement(self, request):
        grant = self.numbered_grant(request)
        name, content_type, content = f"{grant['number']}@grants.example.org", "text/csv; charset=utf-8", statement_of(grant)
        fields = [("Content-Type", content_type), ("Content-Transfer-Encoding", "binary"), ("Content-ID", f"<{name}>")]
        described = written_document(name, content_type, content)
        return grants_element("getStatementResponse", None, [described]), [(fields, content)]


def written_grant(grant):
    return grants_element("grant", None, [grants_element("number", grant["number"]), grants_element("kind", grant["kind"]),
                                          grants_element("status", grant["status"]), grants_element("since", grant["since"]),
                                          grants_element("amount", amount_of(grant))])


def written_document(name, content_type, content):
    return grants_element("document", None, [grants_element("contentId", name), grants_element("contentType", content_type),
                                             grants_element("octets", str(len(content))),
                                             grants_element("sha256", hashlib.sha256(content).hexdigest())])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self):
        if not self.path.endswith("?wsdl"):
            return self.reply(404, "text/plain", b"The description of this register is at ?wsdl.\n")
        here = f"http://{self.headers.get('Host') or '%s:%d' % self.server.server_address}/"
        self.reply(200, "text/xml; charset=utf-8", DESCRIPTION.replace("http://127.0.0.1:9003/", here).encode())

    def do_POST(self):
        body = self.whole_body()
        if body is None:
            self.close_connection = True
            return self.reply(413, "text/plain", b"A body has at most 64 MiB, and a length or chunks.\n")
        try:
            request = Request(self.headers.get("Content-Type", ""), body)
            content, attachments = self.server.operations.answer(request)
            answer = written(request.headers, content)
        except Problem as problem:
            return self.reply(500, "text/xml; charset=utf-8", written_fault(problem))
        if not attachments:
            return self.reply(200, "text/xml; charset=utf-8", answer)
        envelope = ([("Content-Type", "text/xml; charset=utf-8"), ("Content-ID", "<answer@grants.example.org>")], answer)
        self.reply(200, *multipart([envelope, *attachments]))

    def whole_body(self):
        """The body, by its length or its chunks; None when it is too long or neither is told rightly."""
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            length = self.headers.get("Content-Length", "0")
            return self.rfile.read(int(length)) if length.isdigit() and int(length) <= LONGEST_BODY else None
        body = b""
        while size := chunk_size(self.rfile.readline(64)):
            if len(body) + size > LONGEST_BODY:
                return None
            body += self.rfile.read(size)
            self.rfile.readline(64)
        while size == 0 and self.rfile.readline(1024) not in (b"\r\n", b""):
            pass  # trailers
        return body if size == 0 else None

    def reply(self, status, content_type, body):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass  # what was asked about whom stays out of logs


def chunk_size(line):
    """The size that the first line of a chunk tells; None when it tells none."""
    size = line.split(b";")[0].strip()
    return int(size, 16) if re.fullmatch(b"[0-9a-fA-F]{1,8}", size) else None


class Service(http.server.ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 64

    def __init__(self, address, port, register):
        super().__init__((address, port), Handler)
        self.operations = Operations(Register(register))


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--register", type=Path, required=True, help="the database of grants")
    options.add_argument("--address", default="127.0.0.1")
    options.add_argument("--port", type=int, default=9003)
    given = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Service(given.address, given.port, given.register) as service:
        try:
            service.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
