"""An operator changes what two running servers use, and the next message shows it: the certificate towards information
systems, connection types, rights; and a time-stamping authority that is gone, over a restart.

Exit 0: all of it holds; 1: something does not, with what on stderr."""

import argparse
import http.client
import http.server
import json
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from support import soap_caller as soap  # noqa: E402
from support.journey import expect  # noqa: E402
from support.processes import Failed, run  # noqa: E402
from support.small_state import DEPARTMENTS, SmallState, healthy, listens  # noqa: E402

ASKER, PROVIDER = "education", "home"


class Service(http.server.ThreadingHTTPServer):
    """An information system over TLS that talks only to whoever shows a certificate that it trusts."""

    daemon_threads = True

    def __init__(self, address, certificate, key):
        super().__init__((address, 0), Answering)
        self.certificate, self.key, self.tls = certificate, key, None
        self.url = f"https://{address}:{self.server_address[1]}"

    def trust(self, certificates):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.certificate, self.key)
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_verify_locations(certificates)
        self.tls = tls

    def finish_request(self, request, client_address):
        try:
            super().finish_request(self.tls.wrap_socket(request, server_side=True), client_address)
        except OSError:
            pass  # refused: the caller hears it

    def handle_error(self, request, client_address):
        pass


class Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b'{"ok": true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Changes:
    def __init__(self, programs, folder, say):
        self.folder, self.say = Path(folder), say
        wanted = [department for department in DEPARTMENTS if department[0] in (ASKER, PROVIDER)]
        self.state = SmallState(self.folder / "state", programs, departments=wanted, adapters=False)
        self.asker, self.provider = self.state.server(ASKER), self.state.server(PROVIDER)
        self.steps = []

    # --- tools ----------------------------------------------------------------------------------------------------

    def openssl(self, *arguments):
        run(["openssl", *arguments])

    def identity(self, name, *more):
        """A key and a self-signed certificate."""
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                     "-out", certificate, "-subj", f"/CN={name}", "-days", "2", *more)
        return certificate, key

    def exported(self, server, name):
        file = self.folder / name
        self.state.in_server(server, "internal-tls", "export", "--out", file)
        return file

    def call(self, trusted=None, shows=None, path="/v1"):
        """Status and fault code of one call of the asker's information system: over TLS when it trusts somebody."""
        target = f"/r1/{self.state.subsystem(PROVIDER)}/register{path}"
        if trusted:
            tls = ssl.create_default_context(cafile=trusted)
            if shows:
                tls.load_cert_chain(*shows)
            line = http.client.HTTPSConnection(self.asker["address"], self.asker["https_port"], timeout=30, context=tls)
        else:
            line = http.client.HTTPConnection(self.asker["address"], self.asker["http_port"], timeout=30)
        try:
            line.request("GET", target, headers={"X-Road-Client": self.state.subsystem(ASKER)})
            answer = line.getresponse()
            answer.read()
            return answer.status, answer.getheader("X-Road-Error")
        except ssl.SSLCertVerificationError:
            return "not trusted", None
        finally:
            line.close()

    def spoken(self):
        """The code with which a call in SOAP, over HTTP, is refused."""
        request = soap.envelope(self.asker["subsystem"], f"{self.provider['subsystem']}/register", "<register/>")
        return soap.post(self.asker, request).fault()[0]

    def declare(self, server, text):
        file = self.folder / "declared.toml"
        file.write_text(text)
        self.state.in_server(server, "apply", file, "--yes")

    def declare_asker(self, connection="http", certificates=()):
        listed = ", ".join(f'"{certificate}"' for certificate in certificates)
        self.declare(self.asker, f'[[client]]\nid = "{self.asker["subsystem"]}"\nconnection = "{connection}"\n'
                                 f"certificates = [{listed}]\n")

    def declare_provider(self, right):
        self.declare(self.provider, f'[[client]]\nid = "{self.provider["subsystem"]}"\n'
                                    f'certificates = ["{self.service.certificate}"]\n'
                                    f'[[client.service]]\ncode = "register"\nurl = "{self.service.url}"\n{right}')

    def right(self, to, path="**"):
        return f'[[client.right]]\nto = "{to}"\nservice = "register"\npath = "{path}"\n'

    def health(self, server):
        program = self.state.programs / "onceway-server"
        return json.loads(run([program, "--dir", server["data"], "status", "--json"], ok=(0, 1)).stdout)

    def done(self, step):
        self.steps.append(step)
        self.say(step)

    # --- the journey ----------------------------------------------------------------------------------------------

    def run(self):
        self.start()
        try:
            self.replace_what_systems_see()
            self.replace_what_services_see()
            self.change_who_may_connect()
            self.change_who_may_call()
            self.lose_the_time_stamper()
        finally:
            self.state.stop()
            self.service.shutdown()
        expect("processes left", self.state.processes_left(), 0)
        return {"format": "onceway-changes/1", "ok": True, "steps": self.steps}

    def start(self):
        self.state.prepare()
        for server in (self.asker, self.provider):
            file = server["data"] / "server.toml"
            file.write_text(file.read_text().replace(
                "[time_stamping]\n", "[time_stamping]\nretry_s = 1\nacceptable_failure_s = 3\n"))
        self.service = Service(self.provider["address"], *self.identity("service"))
        threading.Thread(target=self.service.serve_forever, daemon=True).start()
        self.service.trust(self.exported(self.provider, "provider-internal.pem"))
        self.declare_provider(self.right(self.state.subsystem(ASKER)))
        self.state.start()
        expect("a call over http", self.call(), (200, None))

    def replace_what_systems_see(self):
        first = self.exported(self.asker, "internal-1.pem")
        expect("a call over https", self.call(first), (200, None))
        self.state.in_server(self.asker, "internal-tls", "renew")
        second = self.exported(self.asker, "internal-2.pem")
        expect("the former certificate", self.call(first), ("not trusted", None))
        expect("the renewed certificate", self.call(second), (200, None))

        authority, key = self.identity("authority", "-addext", "basicConstraints=critical,CA:TRUE")
        request, issued = self.folder / "internal.csr", self.folder / "internal.crt"
        self.state.in_server(self.asker, "internal-tls", "csr", "--out", request)
        expect("the renewed one while a key waits", self.call(second), (200, None))
        self.openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", key, "-copy_extensions", "copy",
                     "-days", "20", "-out", issued)
        self.state.in_server(self.asker, "internal-tls", "import", issued)
        expect("the issued certificate", self.call(authority), (200, None))
        expect("the renewed one after the import", self.call(second), ("not trusted", None))
        shown = self.health(self.asker)["keys"]["internal_tls"]
        expect("days left in status", shown["days_left"], 19)
        self.internal = authority
        self.done("information systems see the new certificate at once")

    def replace_what_services_see(self):
        self.state.in_server(self.provider, "internal-tls", "renew")
        status, code = self.call()
        if status != 500 or not code.startswith("server.serverproxy."):
            raise Failed(f"a service that trusts the former certificate: {status}, {code}")
        self.service.trust(self.exported(self.provider, "provider-renewed.pem"))
        expect("a service that trusts the renewed certificate", self.call(), (200, None))
        self.done("services see the new certificate at once")

    def change_who_may_connect(self):
        refused = (500, "server.clientproxy.ssl_authentication_failed")
        system, other = self.identity("system"), self.identity("other")
        own = (self.folder / "internal.crt", self.asker["data"] / "tls" / "internal-key.pem")
        self.declare_asker("https-no-authentication")
        expect("http where https is demanded", self.call(), refused)
        expect("SOAP over http where https is demanded", self.spoken(), refused[1])
        expect("https where https is demanded", self.call(self.internal), (200, None))
        self.declare_asker("https", [system[0]])
        expect("http where a certificate is demanded", self.call(), refused)
        expect("https without a certificate", self.call(self.internal), refused)
        expect("https with another certificate", self.call(self.internal, other), refused)
        expect("https with the registered certificate", self.call(self.internal, system), (200, None))
        expect("https with the server's own certificate", self.call(self.internal, own), (200, None))
        self.declare_asker()
        expect("http again", self.call(), (200, None))
        expect("SOAP over http again", self.spoken(), "server.serverproxy.service_type")
        self.done("connection types count from the next message on")

    def change_who_may_call(self):
        denied = (500, "server.serverproxy.access_denied")
        asker = self.state.subsystem(ASKER)
        self.declare_provider("")
        expect("without a right", self.call(), denied)
        self.declare_provider(self.right(asker, "/v1/*"))
        expect("outside the endpoint", self.call(), denied)
        expect("inside the endpoint", self.call(path="/v1/a"), (200, None))
        group = f'[[client.group]]\ncode = "schools"\nmembers = ["{asker}"]\n'
        self.declare_provider(group + self.right("local:schools"))
        expect("by a local group", self.call(), (200, None))
        self.declare_provider(self.right(asker) + '[[client.service]]\ncode = "other"\nurl = "http://127.0.0.1/"\n')
        expect("by name again", self.call(), (200, None))
        self.done("rights count from the next message on")

    def lose_the_time_stamper(self):
        refused = (500, "server.clientproxy.logging_failed.timestamping_failed")
        self.wait_for("all records stamped", lambda: self.health(self.asker)["message_log"]["unstamped"] == 0)
        self.state.processes.stop("pilot")
        memory = self.asker["data"] / "time-stamping-failing-since"
        expect("right after the authority is gone", self.call(), (200, None))
        self.wait_for("messages refused", lambda: self.call() == refused)
        since = memory.read_text()
        self.state.processes.stop(ASKER)
        self.state.launch_server(self.asker)
        self.state.processes.wait_until(
            ASKER, lambda: listens(f"{self.asker['address']}:{self.asker['http_port']}"), 20)
        expect("after a restart", self.call(), refused)
        expect("what is remembered", memory.read_text(), since)
        self.state.launch("pilot", "onceway-pilot", "serve", self.state.folder / "pilot", "--ocsp",
                          self.state.ocsp_address, "--tsa", self.state.tsa_address)
        self.wait_for("both servers well", lambda: healthy(self.asker) and healthy(self.provider))
        expect("when the authority is back", self.call(), (200, None))
        self.wait_for("the backlog stamped", lambda: self.health(self.asker)["message_log"]["unstamped"] == 0)
        expect("what is remembered then", memory.exists(), False)
        self.done("a failing time-stamping authority is remembered over a restart, and forgotten when it is back")

    def wait_for(self, what, ready, seconds=30.0):
        until = time.monotonic() + seconds
        while not ready():
            self.state.check()
            if time.monotonic() > until:
                raise Failed(f"{what}: not within {seconds:g} s")
            time.sleep(0.1)


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--programs", type=Path, required=True, help="folder of the programs")
    options.add_argument("--folder", type=Path, help="folder to work in; left out: one that goes away")
    options.add_argument("--json", action="store_true", help="one JSON object on stdout at the end")
    given = options.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="onceway-changes-"))
    try:
        told = Changes(given.programs.resolve(), folder, lambda line: print(line, file=sys.stderr)).run()
    except (Failed, OSError, subprocess.SubprocessError) as failed:
        print(f"changes: {failed}", file=sys.stderr)
        return 1
    finally:
        if not given.folder:
            shutil.rmtree(folder, ignore_errors=True)
    if given.json:
        print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
