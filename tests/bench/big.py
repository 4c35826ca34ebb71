"""A large body through both servers, each way: does memory stay flat, and do the same octets arrive?"""

import hashlib
import http.client
import json

import memory
import soap

DIRECTIONS = ("request", "response", "soap-request", "soap-response")
BLOCK_OCTETS = 1024 * 1024
_block = bytearray((i * 31 + i // 251) & 0xff for i in range(BLOCK_OCTETS))


def blocks(size):
    """The octets that the backend makes too: blocks that begin with their number."""
    block = bytearray(_block)  # each reader's own: there may be several
    for number in range((size + BLOCK_OCTETS - 1) // BLOCK_OCTETS):
        block[0:8] = number.to_bytes(8, "big")
        yield bytes(block[:min(BLOCK_OCTETS, size - number * BLOCK_OCTETS)])


def digest_of(size):
    digest = hashlib.sha512()
    for block in blocks(size):
        digest.update(block)
    return digest.hexdigest()


def send(address, path, client, size):
    """Posts `size` octets; true when the backend received just these."""
    connection = http.client.HTTPConnection(address, timeout=300)
    fields = {"X-Road-Client": client, "Content-Type": "application/octet-stream", "Content-Length": str(size)}
    connection.request("POST", f"{path}/digest", body=blocks(size), headers=fields)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        return False, f"status {answer.status}: {body[:300].decode(errors='replace')}"
    found = json.loads(body)
    fits = found["bytes"] == size and found["sha512"] == digest_of(size)
    return fits, "" if fits else f"the backend received {found['bytes']} octets, of another digest"


def receive(address, path, client, size):
    """Gets `size` octets; true when they are those the backend makes."""
    connection = http.client.HTTPConnection(address, timeout=300)
    connection.request("GET", f"{path}/octets?{size}", headers={"X-Road-Client": client})
    answer = connection.getresponse()
    if answer.status != 200:
        return False, f"status {answer.status}: {answer.read(300).decode(errors='replace')}"
    digest, got = hashlib.sha512(), 0
    while piece := answer.read(BLOCK_OCTETS):
        digest.update(piece)
        got += len(piece)
    connection.close()
    fits = got == size and digest.hexdigest() == digest_of(size)
    return fits, "" if fits else f"{got} octets came, of {size}, or of another digest"


def attached(way, size):
    """A SOAP question with `size` octets attached, piece by piece."""
    asked = soap.envelope(way.client, way.provider, "<b:digest>1</b:digest>")
    yield soap.before_attachment(asked).encode()
    yield from blocks(size)
    yield soap.AFTER_ATTACHMENT.encode()


def send_attached(way, size):
    """Posts a SOAP message with `size` octets attached; true when the backend received just these."""
    length = size + sum(len(piece) for piece in attached(way, 0))
    connection = http.client.HTTPConnection(way.address, timeout=300)
    connection.request("POST", "/", body=attached(way, size),
                       headers={"Content-Type": soap.MULTIPART, "Content-Length": str(length)})
    answer = connection.getresponse()
    said = answer.read().decode(errors="replace")
    connection.close()
    found = [soap.text_of(said, name) for name in ("attachments", "octets", "sha512")]
    fits = found == ["1", str(size), digest_of(size)]
    return fits, "" if fits else f"status {answer.status}: {said[:1000]}"


def receive_attached(way, size):
    """Asks in SOAP for `size` octets; true when they are those the backend makes."""
    asked = soap.envelope(way.client, way.provider, f"<b:octets>{size}</b:octets>")
    connection = http.client.HTTPConnection(way.address, timeout=300)
    connection.request("POST", "/", body=asked.encode(), headers={"Content-Type": soap.PLAIN})
    answer = connection.getresponse()
    boundary = answer.headers.get_boundary()
    if answer.status != 200 or not boundary:
        return False, f"status {answer.status}: {answer.read(1000).decode(errors='replace')}"
    for part in range(2):  # the head of the envelope's part, then that of the attachment
        while answer.readline().rstrip(b"\r\n") != b"--" + boundary.encode():
            if answer.isclosed():
                return False, f"no part {part + 1} in the answer"
        while answer.readline().rstrip(b"\r\n"):
            pass
    digest, left = hashlib.sha512(), size
    while left and (piece := answer.read(min(left, BLOCK_OCTETS))):
        digest.update(piece)
        left -= len(piece)
    end = answer.read()
    connection.close()
    fits = left == 0 and digest.hexdigest() == digest_of(size) and end == f"\r\n--{boundary}--\r\n".encode()
    return fits, "" if fits else f"{size - left} octets came, of {size}, or of another digest; behind them {end[:100]}"


def carry(direction, way, path, size, pids):
    """One body in one direction, and by how much the highest of the processes grew meanwhile."""
    carries = {"request": lambda: send(way.address, path, way.client, size),
               "response": lambda: receive(way.address, path, way.client, size),
               "soap-request": lambda: send_attached(way, size), "soap-response": lambda: receive_attached(way, size)}
    before = {}
    for pid in pids:
        memory.forget_highest(pid)
        before[pid] = memory.resident_kib(pid)
    fits, why = carries[direction]()
    growth = max(memory.highest_kib(pid) - before[pid] for pid in pids)
    return {"direction": direction, "bytes": size, "growth_kib": max(0, growth), "digest_ok": fits}, why
