"""Sealing and receiving beside age (pyrage), file to file, per CPU-second, in one run; nothing is asserted here."""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pyrage

from node.vault.vault import Vault
from protocol.ids import JobId
from protocol.params import SEALING_CHUNK_BYTES
from protocol.release import SEED_BYTES, ReleaseContext, open_release, public_half, release_key
from protocol.stream import chunks_of

MIB = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="guildmark-bench-") as folder:
        rows = measure(Path(folder), given.mib, given.rounds)
    print(f"{'what':24} {'MiB per CPU-second':>20}")
    for what, seconds in rows.items():
        print(f"{what:24} {given.mib / median(seconds):20.0f}")
    print(f"\n{'key release':24} {1000 * release(200):17.3f} ms")


def measure(folder: Path, mib: int, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each contestant in each round, interleaved."""
    plain, packed, opened = folder / "plain", folder / "packed", folder / "opened"
    with plain.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(MIB))
    owner, winner = Vault(folder / "owner", bytes(32)), Vault(folder / "winner", bytes(32))
    key = pyrage.x25519.Identity.generate()
    job = JobId(bytes(32))

    def seal() -> None:
        with plain.open("rb") as file:
            owner.seal(job, [chunks_of(b"design"), iter(lambda: file.read(SEALING_CHUNK_BYTES), b"")])

    def receive() -> None:
        winner.receive(1, job, 0, owner.deliver(1, job, 1, recipient=winner.ask(job, 0)))

    contestants: dict[str, Callable[[], object]] = {
        "seal": seal,
        "age encrypt (pyrage)": lambda: pyrage.encrypt_file(str(plain), str(packed), [key.to_public()]),
        "receive and verify": receive,
        "age decrypt (pyrage)": lambda: pyrage.decrypt_file(str(packed), str(opened), [key]),
    }
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            started = time.process_time()
            run()
            found[name].append(time.process_time() - started)
    return found


def release(count: int) -> float:
    """Seconds of CPU to release one key and open it."""
    seed = os.urandom(SEED_BYTES)
    context = ReleaseContext(chain=1, job=JobId(bytes(32)), root=JobId(bytes(32)), index=1)  # type: ignore[arg-type]
    started = time.process_time()
    for _ in range(count):
        open_release(seed, release_key(public_half(seed), bytes(32), context), context)
    return (time.process_time() - started) / count


if __name__ == "__main__":
    main()
