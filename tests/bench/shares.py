"""Which part of the servers' processor time goes into signing, verifying, TLS, the disk and the rest.

With `perf`: by the stacks of a run. Without: from the accounts of the threads and the measured primitives; then
`verifying` is what the public-key operations alone cost, and `rest` holds everything around them."""

import collections
import re
import signal
import subprocess
from pathlib import Path

KINDS = ("signing", "verifying", "tls", "disk", "rest")
FREQUENCY, STACK_OCTETS = 199, 16_384
SAMPLES_AT_LEAST = 100  # fewer: perf may not look here
# A thread with one purpose decides; on the others the innermost frame that fits. What is woken from a queue is not its part.
THREADS = {"signer": "signing", "log": "disk"}
FRAMES = [("tls", re.compile(r"^(SSL_|ssl_|BIO_|onceway::channel::.*[Tt]ls)")),
          ("disk", re.compile(r"^(sqlite3|f(data)?sync$|__x64_sys_f(data)?sync|onceway::(store|records)::(?!.*wake))")),
          ("signing", re.compile(r"^onceway::(keys::PrivateKey|signature::(Sealer|Batch|Tree))::(?!.*wake)")),
          ("verifying", re.compile(r"^onceway::(keys::PublicKey|signature|x509|xml)::(?!.*wake)"))]


def kind_of(thread, frames):
    if thread in THREADS:
        return THREADS[thread]
    for frame in frames:
        for kind, pattern in FRAMES:
            if pattern.search(frame):
                return kind
    return "rest"


def stacks(lines):
    """(thread, frames from the innermost outwards) of each sample that `perf script -F comm,ip,sym` printed."""
    thread, frames = None, []
    for line in lines:
        if not line.strip():
            if thread is not None:
                yield thread, frames
            thread, frames = None, []
        elif thread is None:
            thread = line.strip()
        else:
            frames.append(line.strip().partition(" ")[2])
    if thread is not None:
        yield thread, frames


def parts(counts):
    """Counts or costs by kind as parts of their sum."""
    total = sum(counts.values())
    return {kind: round(counts.get(kind, 0) / total, 3) if total else 0.0 for kind in KINDS}


class Profile:
    """Samples of the processes `pids`, taken for `seconds` from now on."""

    def __init__(self, pids, folder, seconds):
        self.data = Path(folder) / "perf.data"
        command = ["perf", "record", "-q", "-F", str(FREQUENCY), "--call-graph", f"dwarf,{STACK_OCTETS}", "-o", self.data,
                   "-p", ",".join(map(str, pids)), "--", "sleep", str(seconds)]
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def read(self):
        self.process.wait()
        done = subprocess.run(["perf", "script", "--no-inline", "-F", "comm,ip,sym", "-i", self.data], capture_output=True,
                              text=True, errors="replace")
        self.data.unlink(missing_ok=True)
        counts = collections.Counter(kind_of(thread, frames) for thread, frames in stacks(done.stdout.splitlines()))
        return parts(counts) | {"how": "perf", "samples": sum(counts.values())}


def computed(entry, primitives):
    """The same from what the threads used and what the single steps cost."""
    by_thread = collections.Counter()
    for group, us in entry["processor"]["us"].items():
        program, _, thread = group.partition("/")
        if program in ("education", "home"):
            by_thread[thread] += us
    costs = {"signing": by_thread["signer"], "disk": by_thread["log"],
             "tls": max(0.0, primitives["hop_tls_12k_cpu_us"] - primitives["hop_plain_12k_cpu_us"]),
             "verifying": 2 * primitives["rsa2048_verify_cpu_us"]}
    costs["rest"] = max(0.0, sum(by_thread.values()) - sum(costs.values()))
    return parts(costs) | {"how": "computed", "samples": 0}
