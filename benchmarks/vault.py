"""Sealing and receiving beside age, file to file, per CPU-second, in one run; nothing is asserted here.

Debian's ``age`` runs if it is installed (``apt-get install age``); ``pyrage``, the same format in Rust, runs always.
"""

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pyrage

from node.vault.vault import Vault, read_chunks
from protocol.ids import Digest, JobId
from protocol.params import SEALING_CHUNK_BYTES
from protocol.release import SEED_BYTES, ReleaseContext, open_release, public_half, release_key
from protocol.seal import PackageDelivery
from protocol.stream import chunks_of

MIB = 1024 * 1024
BARS = {"seal": 500, "receive and verify": 350}
"""MiB a CPU-second."""

RATIO = 1.5
"""Times as fast as Debian's age."""

RELEASE = 1.0
"""Milliseconds for one key."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="guildmark-bench-") as folder:
        rows = {name: given.mib / median(seconds) for name, seconds in measure(Path(folder), given).items()}
    print(f"{'what':28} {'MiB per CPU-second':>20} {'bar':>6} {'times age':>10}")
    for what, rate in rows.items():
        peer = rows.get("age -d" if what == "receive and verify" else "age -r") if what in BARS else None
        times = "" if peer is None else f"{rate / peer:.2f}"
        print(f"{what:28} {rate:20.0f} {BARS.get(what, ''):>6} {times:>10}")
    if "age -r" not in rows:
        print("age is not installed: no row of Debian's, whose bar is", RATIO, "times")
    print(f"\n{'key release, both sides':28} {1000 * release(200):17.3f} ms {RELEASE:>6.0f}")


def measure(folder: Path, given: argparse.Namespace) -> dict[str, list[float]]:
    """CPU seconds of each contestant in each round, interleaved."""
    plain, packed, opened = folder / "plain", folder / "packed", folder / "opened"
    with plain.open("wb") as file:
        for _ in range(given.mib):
            file.write(os.urandom(MIB))
    owner, winner = Vault(folder / "owner", bytes(32)), Vault(folder / "winner", bytes(32))
    key, job = pyrage.x25519.Identity.generate(), JobId(bytes(32))
    deliveries: list[PackageDelivery] = []
    secret = folder / "key"
    secret.write_text(str(key) + "\n")

    def seal() -> None:
        with plain.open("rb", buffering=0) as file:
            owner.seal(job, [chunks_of(b"design"), read_chunks(file, SEALING_CHUNK_BYTES)])

    def receive() -> None:
        winner.receive(1, job, 0, deliveries.pop(), owner.ciphertext(job, 1))

    def age(*arguments: str | Path) -> Callable[[], object]:
        return lambda: subprocess.run(["age", *map(str, arguments)], check=True)

    contestants: dict[str, Callable[[], object]] = {
        "seal": seal,
        "age -r": age("-r", str(key.to_public()), "-o", packed, plain),
        "pyrage, encrypt": lambda: pyrage.encrypt_file(str(plain), str(packed), [key.to_public()]),
        "receive and verify": receive,
        "age -d": age("-d", "-i", secret, "-o", opened, packed),
        "pyrage, decrypt": lambda: pyrage.decrypt_file(str(packed), str(opened), [key]),
    }
    if shutil.which("age") is None:
        del contestants["age -r"], contestants["age -d"]
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(given.rounds):
        for name, run in contestants.items():
            if run is receive:
                deliveries.append(owner.deliver(1, job, 1, recipient=winner.ask(job, 0), parcel=Digest(bytes(32))))
            started = cpu()
            run()
            found[name].append(cpu() - started)
    return found


def release(count: int) -> float:
    """Seconds of CPU to release one key and open it."""
    seed = os.urandom(SEED_BYTES)
    public = public_half(seed)
    context = ReleaseContext(chain=1, job=JobId(bytes(32)), root=Digest(bytes(32)), index=1)
    started = cpu()
    for _ in range(count):
        open_release(seed, release_key(public, bytes(32), context), context)
    return (cpu() - started) / count


def cpu() -> float:
    """CPU seconds of this process and those that it has waited for."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


if __name__ == "__main__":
    main()
