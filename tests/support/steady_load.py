"""A bounded load of REST calls through a small state; each call's outcome is kept under its message id."""

import http.client
import threading
import time
import uuid

PATIENCE_S = 60


class Call:
    """One call as its information system saw it."""
    __slots__ = ("message_id", "begun", "ended", "status", "fault", "detail", "broken")

    def __init__(self):
        self.message_id, self.begun = str(uuid.uuid4()), time.monotonic()
        self.ended = self.status = self.fault = self.detail = self.broken = None

    @property
    def succeeded(self):
        return self.status == 200

    @property
    def took(self):
        return self.ended - self.begun


class SteadyLoad:
    """`threads` callers, one call after the other each, until `stop`."""

    def __init__(self, state, asker, service, threads=4, large_octets=300_000):
        server = state.server(asker)
        self.address = server["address"], server["http_port"]
        self.client, self.target = state.subsystem(asker), service
        self.bodies = [None, b"x" * 1000, None, b"y" * 4000, None, None, None, b"z" * large_octets]
        self.calls, self.last_success, self.stopping = [], None, threading.Event()
        self.threads = [threading.Thread(target=self.go, args=(number,), daemon=True) for number in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        """Ends the load; every call has its outcome when this returns."""
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def go(self, turn):
        connection = None
        while not self.stopping.is_set():
            call, turn = Call(), turn + 1
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE_S)
                carry(connection, self.client, self.target, call, self.bodies[turn % len(self.bodies)])
            except (OSError, http.client.HTTPException) as trouble:
                call.broken = f"{type(trouble).__name__}: {trouble}"
                connection.close()
                connection = None
            call.ended = time.monotonic()
            self.calls.append(call)
            if call.succeeded:
                self.last_success = call
            else:
                time.sleep(0.02)  # a server that is down is not asked without end


def carry(connection, client, target, call, body):
    """Sends one call and keeps its outcome; an answer that is not what the system gives is no answer."""
    headers = {"X-Road-Client": client, "X-Road-Id": call.message_id}
    connection.request("POST" if body else "GET", f"/r1/{target}/{call.message_id}", body, headers)
    answer = connection.getresponse()
    got = answer.read()
    fault = answer.getheader("X-Road-Error")
    if answer.status == 200 and got != (body or b"yes"):
        raise http.client.HTTPException(f"the answer has {len(got)} octets that are not the ones that were sent")
    call.fault, call.detail, call.status = fault, got[:500].decode(errors="replace") if fault else None, answer.status
    if answer.getheader("Connection", "").lower() == "close":
        connection.close()


def carry_once(state, asker, target, call, body=b""):
    """The same over a connection of its own."""
    server = state.server(asker)
    connection = http.client.HTTPConnection(server["address"], server["http_port"], timeout=PATIENCE_S)
    try:
        carry(connection, state.subsystem(asker), target, call, body or None)
    except (OSError, http.client.HTTPException) as trouble:
        call.broken = f"{type(trouble).__name__}: {trouble}"
    finally:
        connection.close()
    call.ended = time.monotonic()
