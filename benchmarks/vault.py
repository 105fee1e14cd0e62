"""Sealing and receiving beside age, file to file, per CPU-second, in one run; nothing is asserted here.

Debian's ``age`` runs if it is installed (``make age``); ``pyrage``, the same format in Rust, runs always.
All take turns, each writes a file that was not there, and a first round, in which the machine finds its memory, is not
counted. The vault's figures include bringing the file to the disk (``fsync``), which age leaves to the system. The
files lie where temporary ones do: ``TMPDIR`` chooses. In memory (tmpfs) most of the time is the system's, for all
alike.
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
from protocol.stream import chunks_of

MIB = 1024 * 1024
BARS = {"seal": 500, "receive and verify": 350}
"""MiB a CPU-second."""

PEERS = {"seal": "age -r", "receive and verify": "age -d"}
"""Whom they are compared with."""

RATIO = 1.5
"""Times as fast as Debian's age."""

RELEASE = 1.0
"""Milliseconds for one key."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="guildmark-bench-") as folder:
        found = measure(Path(folder), given)
    rates = {name: sorted(given.mib / seconds for seconds in row) for name, row in found.items()}
    print(f"{'MiB per CPU-second':24} {'median':>8} {'of all rounds':>15} {'bar':>6} {'times age':>10} {'bar':>5}")
    for what, row in rates.items():
        spread, bar, peer = f"{row[0]:.0f}-{row[-1]:.0f}", BARS.get(what, ""), rates.get(PEERS.get(what, ""))
        times = "" if peer is None else f"{median(row) / median(peer):10.2f} {RATIO:>5}"
        print(f"{what:24} {median(row):8.0f} {spread:>15} {bar:>6} {times}".rstrip())
    if "age -r" not in rates:
        print("age is not installed: no row of Debian's, whose bar is", RATIO, "times")
    print(f"\n{'key release, both sides':24} {1000 * release(200):8.3f} ms {'bar':>19} {RELEASE:.0f} ms")


def measure(folder: Path, given: argparse.Namespace) -> dict[str, list[float]]:
    """CPU seconds of each contestant in each round that counts, interleaved."""
    rivals = contestants(folder, given.mib)
    found: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(given.rounds + 1):
        for name, (run, _made) in rivals.items():
            started = cpu()
            run()
            if number:
                found[name].append(cpu() - started)
        for _run, made in rivals.values():
            made.unlink()
    return found


def contestants(folder: Path, mib: int) -> dict[str, tuple[Callable[[], object], Path]]:
    """What each does to a file of ``mib`` MiB of noise, and what it writes; in this order, for some read another's."""
    plain, packed, opened = folder / "plain", folder / "packed", folder / "opened"
    with plain.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(MIB))
    owner, winner = Vault(folder / "owner", bytes(32)), Vault(folder / "winner", bytes(32))
    key, job = pyrage.x25519.Identity.generate(), JobId(bytes(32))
    secret = folder / "key"
    secret.write_text(str(key) + "\n")

    def seal() -> None:
        with plain.open("rb", buffering=0) as file:
            owner.seal(job, [chunks_of(b"design"), read_chunks(file, SEALING_CHUNK_BYTES)])

    def receive() -> None:
        delivery = owner.deliver(1, job, 1, recipient=winner.ask(job, 0), parcel=Digest(bytes(32)))
        winner.receive(1, job, 0, delivery, owner.ciphertext(job, 1))

    def age(*arguments: str | Path) -> Callable[[], object]:
        return lambda: subprocess.run(["age", *map(str, arguments)], check=True)

    pack, unpack = folder / "pyrage packed", folder / "pyrage opened"
    rivals: dict[str, tuple[Callable[[], object], Path]] = {
        "seal": (seal, owner.parcel(job, 1)),
        "age -r": (age("-r", str(key.to_public()), "-o", packed, plain), packed),
        "pyrage, encrypt": (lambda: pyrage.encrypt_file(str(plain), str(pack), [key.to_public()]), pack),
        "receive and verify": (receive, folder / "winner" / f"{job.hex()}.0.package"),
        "age -d": (age("-d", "-i", secret, "-o", opened, packed), opened),
        "pyrage, decrypt": (lambda: pyrage.decrypt_file(str(pack), str(unpack), [key]), unpack),
    }
    return (
        rivals if shutil.which("age") else {name: rival for name, rival in rivals.items() if name not in PEERS.values()}
    )


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
