"""A large body through both servers, each way: does memory stay flat, and do the same octets arrive?"""

import hashlib
import http.client
import json

import memory

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


def carry(direction, address, path, client, size, pids):
    """One body in one direction, and by how much the highest of the processes grew meanwhile."""
    before = {}
    for pid in pids:
        memory.forget_highest(pid)
        before[pid] = memory.resident_kib(pid)
    fits, why = (send if direction == "request" else receive)(address, path, client, size)
    growth = max(memory.highest_kib(pid) - before[pid] for pid in pids)
    return {"direction": direction, "bytes": size, "growth_kib": max(0, growth), "digest_ok": fits}, why
