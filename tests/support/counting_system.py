"""A provider's information system that counts what it is asked to do, by message id."""

import collections
import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        if len(body) == length:
            self.server.count(self.headers.get("X-Road-Id"))
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body) or 3))
        self.end_headers()
        self.wfile.write(body or b"yes")

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class CountingSystem(http.server.ThreadingHTTPServer):
    """Runs on threads of its own until `stop`. A request counts when it has arrived whole."""
    daemon_threads, request_queue_size = True, 64

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        super().__init__((host, int(port)), Handler)
        self.stopped = False
        self.executed, self.lock = collections.Counter(), threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def count(self, message_id):
        with self.lock:
            self.executed[message_id] += 1

    def handle_error(self, *_):
        """A server that was killed in the middle of a request is what these tests are about."""

    def stop(self):
        """May be called again; the counts stay."""
        if self.stopped:
            return
        self.stopped = True
        self.shutdown()
        self.server_close()
