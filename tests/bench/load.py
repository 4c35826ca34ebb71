"""Drives one way and says what came of it: with wrk, as both chains are compared; with bench_surge, which calls from
several addresses and can ask faster than it is answered."""

import http.client
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import soap
from support.processes import Failed

SCRIPT = Path(__file__).with_name("post.lua")


@dataclass
class Way:
    """Where a chain begins, who calls there, and in SOAP whom."""
    name: str
    address: str
    path: str
    client: str | None = None
    provider: str | None = None

    @property
    def url(self):
        return f"http://{self.address}{self.path}"


@dataclass(frozen=True)
class Case:
    """What is asked: a POST of `octets`, answered by as many."""
    name: str
    octets: int = 1024
    connections: int = 64

    def url(self, way):
        return way.url if self.octets == 1024 else f"{way.url}/echo?{self.octets}"

    def wording(self, way):
        """What post.lua writes around its letters, and how many these are."""
        head, tail = '{"question":"', '"}'
        wording = {"BENCH_TYPE": "application/json", "BENCH_HEAD": head, "BENCH_TAIL": tail,
                   "BENCH_LETTERS": str(self.octets - len(head) - len(tail))}
        return wording | ({"BENCH_CLIENT": way.client} if way.client else {})


class SoapCase(Case):
    """A SOAP question with so many octets in its body, answered by a kibibyte there."""

    def url(self, way):
        return f"http://{way.address}/"

    def wording(self, way):
        head, tail = soap.around(way.client, way.provider)
        return {"BENCH_TYPE": soap.PLAIN, "BENCH_HEAD": f"{head}<b:question>", "BENCH_TAIL": f"</b:question>{tail}",
                "BENCH_LETTERS": str(self.octets)}

    def first(self, way):
        """One such question whole: a fault comes with status 200, and must not be counted as an answer."""
        wording = self.wording(way)
        body = wording["BENCH_HEAD"].replace("{id}", "0") + "x" * self.octets + wording["BENCH_TAIL"]
        connection = http.client.HTTPConnection(way.address, timeout=60)
        connection.request("POST", "/", body=body.encode(), headers={"Content-Type": wording["BENCH_TYPE"]})
        answer = connection.getresponse()
        said = answer.read(8192).decode(errors="replace")
        connection.close()
        if answer.status != 200 or f":{soap.SERVICE}Response" not in said:
            raise Failed(f"{self.name} is answered with status {answer.status}: {said[:600]}")


class AttachedCase(SoapCase):
    """A SOAP question with an attachment of so many octets, answered by one of as many."""

    def wording(self, way):
        asked = soap.envelope(way.client, way.provider, f"<b:octets>{self.octets}</b:octets>")
        return {"BENCH_TYPE": soap.MULTIPART, "BENCH_HEAD": soap.before_attachment(asked),
                "BENCH_TAIL": soap.AFTER_ATTACHMENT, "BENCH_LETTERS": str(self.octets)}


CASES = [Case("rest-10k", 10 * 1024, 64), Case("rest-1m", 1 << 20, 16), Case("rest-10m", 10 << 20, 8)]
SMALL, SMALL_EC = Case("rest-1k"), Case("rest-1k-ec")
SMALL_SOAP, SMALL_BESIDE = SoapCase("soap-1k"), Case("rest-1k-beside")  # in turn, on servers of the same age
ATTACHED = AttachedCase("soap-attachment-1m", 1 << 20, 16)


def drive(way, connections, seconds, folder, case=SMALL):
    """One run: requests, errors, requests per second, and the latencies that half and 99 of 100 stayed below."""
    result = Path(folder) / "wrk.json"
    result.unlink(missing_ok=True)
    environment = dict(os.environ, BENCH_RESULT=str(result), **case.wording(way))
    url = case.url(way)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT), url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0 or not result.exists():
        raise Failed(f"wrk against {url} ended with status {done.returncode}: {(done.stderr or done.stdout).strip()}")
    found = json.loads(result.read_text())
    duration = found["microseconds"] / 1e6
    return {"case": case.name, "chain": way.name, "connections": connections, "seconds": round(duration, 2),
            "requests": found["requests"],
            "errors": sum(found[kind] for kind in ("connect", "read", "write", "status", "timeout")),
            "rps": round(found["requests"] / duration, 1), "p50_us": found["p50"], "p99_us": found["p99"]}


def surge(program, way, connections, seconds, sources, rate=0):
    """One run of bench_surge; `rate` 0 asks as fast as answers come."""
    host, port = way.address.split(":")
    command = [program, "--host", host, "--port", port, "--target", way.path, "--client", way.client or "",
               "--from", ",".join(sources), "--connections", str(connections), "--seconds", str(seconds), "--rate", str(rate)]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0:
        raise Failed(f"bench_surge ended with status {done.returncode}: {(done.stderr or done.stdout).strip()}")
    found = json.loads(done.stdout)
    return {"case": "overload-1k" if rate else "surge-1k", "chain": way.name, "connections": connections,
            "requests": found["accepted"], "rps": round(found["accepted"] / found["seconds"], 1), "rate": rate} | found
