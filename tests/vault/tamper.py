"""Changes a sound delivery of a sealed package at random, again and again; its receiver must accept none of them.

    python -m tests.vault.tamper --count 100000 [--seed 4711]

A tamper is a changed bit or byte, bytes cut out, put in or doubled, two chunks of the ciphertext swapped, or a piece
of another sound delivery in place of its own. The last line says how many were accepted; the exit code is 1 if any was.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

from protocol.content import Outline, content_digest
from protocol.errors import RejectError
from protocol.ids import Address, Digest, JobId
from protocol.params import SEALING_CHUNK_BYTES
from protocol.release import SEED_BYTES, ReleaseContext, public_half
from protocol.seal import (
    PackageDelivery,
    PackageLeaf,
    accept,
    commitment_of,
    deliver,
    open_content,
    seal_design,
    seal_package,
)
from protocol.stream import chunks_of, sealed_chunks_of, whole
from protocol.wire import decode, encode

MASTERS = b"m" * 32, b"n" * 32
SEED = b"s" * SEED_BYTES
JOB = JobId(b"j" * 32)
LONG = 500
"""Every so many tampers one of a package of three chunks is tried; the others are small, and so a thousand a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What reaches a winner on its two ways: the signed delivery, and the ciphertext chunk by chunk."""

    delivery: PackageDelivery
    ciphertext: bytes


@cache
def sound(master: bytes, index: int, *, long: bool) -> Received:
    """A delivery that its receiver accepts."""
    contents = [b"the design", b"how to mill it", bytes(2 * SEALING_CHUNK_BYTES) if long else b"how to measure it"]
    leaves: list[PackageLeaf] = []
    ciphertexts: list[bytes] = []
    for number, content in enumerate(contents):
        ciphertext = bytearray()
        leaves.append(seal_package(master, number, chunks_of(content), ciphertext.extend))
        ciphertexts.append(bytes(ciphertext))
    design = seal_design(master, leaves)
    context = ReleaseContext(chain=1, job=JOB, root=design.root, index=index)
    ciphertext = ciphertexts[index]
    delivery = deliver(master, design, name_of(ciphertext), context=context, recipient=public_half(SEED))
    return Received(delivery=delivery, ciphertext=ciphertext)


def name_of(ciphertext: bytes) -> Digest:
    """What a ciphertext of one chunk is fetched under; the transfer lets nothing else pass."""
    return content_digest(Outline(size=len(ciphertext), chunks=(Digest(sha256(ciphertext).digest()),)))


def opened(wire: bytes, index: int, commitment: Digest) -> bytes:
    """The whole way of a receiver, with the commitment that stands on the ledger.

    Raises:
        RejectError: the delivery is not the sealed one.
    """
    received = decode(Received, wire)
    delivery, ciphertext = received.delivery, received.ciphertext
    if name_of(ciphertext) != delivery.parcel:
        raise RejectError("chunk is not what its outline promises")
    if commitment_on_ledger(delivery) != commitment:
        raise RejectError("the package belongs to another design than was sealed")
    key = accept(delivery, ReleaseContext(chain=1, job=JOB, root=delivery.root, index=index), seed=SEED)
    return whole(open_content(key, delivery.content, sealed_chunks_of(ciphertext)))


def commitment_on_ledger(delivery: PackageDelivery) -> Digest:
    where = {"chain": 1, "registry": Address(b"a" * 20), "owner": Address(b"b" * 20)}
    return commitment_of(**where, root=delivery.root, nonce=delivery.nonce)  # type: ignore[arg-type]


def bit(draw: random.Random, received: Received) -> bytes:
    wire = bytearray(encode(received))
    wire[draw.randrange(len(wire))] ^= 1 << draw.randrange(8)
    return bytes(wire)


def byte(draw: random.Random, received: Received) -> bytes:
    wire = bytearray(encode(received))
    wire[draw.randrange(len(wire))] = draw.randrange(256)
    return bytes(wire)


def cut(draw: random.Random, received: Received) -> bytes:
    """Bytes of the ciphertext away, put in or doubled, under their own name or the sound one's."""
    content = received.ciphertext
    first, last = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    piece = draw.choice([b"", content[first:last] * 2, draw.randbytes(draw.randrange(1, 40))])
    return _with_ciphertext(draw, received, content[:first] + piece + content[last:])


def swap(draw: random.Random, received: Received) -> bytes:
    """The chunks of the ciphertext, or the hashes of the proof, in another order."""
    chunks, proof = [bytes(chunk) for chunk in sealed_chunks_of(received.ciphertext)], list(received.delivery.proof)
    draw.shuffle(chunks)
    draw.shuffle(proof)
    changed = replace(received, delivery=replace(received.delivery, proof=tuple(proof)))
    return _with_ciphertext(draw, changed, b"".join(chunks))


def graft(draw: random.Random, received: Received) -> bytes:
    """A piece of another delivery to the same receiver."""
    another, delivery = sound(draw.choice(MASTERS), draw.choice((1, 2)), long=False), received.delivery
    other = another.delivery
    kind = draw.random()
    if kind < 0.2:
        return _with_ciphertext(draw, received, another.ciphertext)
    if kind < 0.6:
        name = draw.choice(["leaf", "proof", "root", "nonce", "released_key", "parcel"])
        return encode(replace(received, delivery=replace(delivery, **{name: getattr(other, name)})))
    name = draw.choice(["index", "salt", "ciphertext", "chunks", "key"])
    leaf = replace(delivery.leaf, **{name: getattr(other.leaf, name)})
    return encode(replace(received, delivery=replace(delivery, leaf=leaf)))


def _with_ciphertext(draw: random.Random, received: Received, ciphertext: bytes) -> bytes:
    """``received`` with another ciphertext; half of the time under its own name, as a sender could."""
    parcel = draw.choice((received.delivery.parcel, name_of(ciphertext)))
    return encode(Received(delivery=replace(received.delivery, parcel=parcel), ciphertext=ciphertext))


WAYS: tuple[Callable[[random.Random, Received], bytes], ...] = (bit, byte, cut, swap, graft)


def tamper(count: int, seed: int) -> tuple[Counter[str], list[tuple[str, int]]]:
    """Refusals by reason, and the tampers that were accepted."""
    draw = random.Random(seed)
    reasons: Counter[str] = Counter()
    accepted: list[tuple[str, int]] = []
    tried = 0
    while tried < count:
        index = draw.choice((1, 2))
        received = sound(MASTERS[0], index, long=tried % LONG == 0)
        way = draw.choice(WAYS)
        wire = way(draw, received)
        if wire == encode(received):
            continue
        tried += 1
        try:
            opened(wire, index, commitment_on_ledger(received.delivery))
        except RejectError as error:
            reasons[str(error)] += 1
        else:
            accepted.append((way.__name__, tried))
    return reasons, accepted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=4711)
    given = parser.parse_args()
    reasons, accepted = tamper(given.count, given.seed)
    for reason, times in reasons.most_common(12):
        print(f"{times:8} {reason}")
    for way, number in accepted:
        print(f"tamper {number} ({way}) was accepted")
    print(f"{given.count} tampers of sealed packages, {len(accepted)} accepted")
    return 1 if accepted else 0


if __name__ == "__main__":
    sys.exit(main())
