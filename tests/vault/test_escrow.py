"""A quorum of auditors opens a package's key; fewer learn nothing, and nobody can cheat unnoticed."""

import random
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import merkle, sharing
from protocol.errors import RejectError
from protocol.escrow import Escrow, check_escrow, entrust, open_entrusted, recovered, share_digest
from protocol.ids import Digest, EncryptionKey, JobId
from protocol.seal import expand, seal_design, seal_package
from protocol.wire import encode
from tests.unit.protocol.examples import peer

MASTER = b"m" * 32
HOLDERS = tuple(peer(f"auditor {number}") for number in range(5))
SECRETS = tuple(bytes([number + 1]) * 32 for number in range(5))


def made(threshold: int = 3, holders: int = 5) -> tuple[Escrow, tuple[bytes, ...]]:
    """A statement about package 1, and the shares."""
    leaves = [seal_package(MASTER, index, [b"content"], lambda _chunk: None) for index in range(3)]
    design = seal_design(MASTER, leaves)
    draw = random.Random(4711)
    key = expand(MASTER, "key", 1)
    shares = sharing.split(key, threshold=threshold, count=holders, random=draw.randbytes)
    ranges = merkle.inclusion_ranges(1, len(design.hashes))
    escrow = Escrow(
        chain=1,
        job=JobId(b"j" * 32),
        leaf=leaves[1],
        size=len(design.hashes),
        proof=tuple(merkle.root_of_hashes(design.hashes[first:last]) for first, last in ranges),
        root=design.root,
        nonce=design.nonce,
        threshold=threshold,
        holders=HOLDERS[:holders],
        shares=tuple(map(share_digest, shares)),
    )
    return escrow, shares


ESCROW, SHARES = made()


def public(secret: bytes) -> EncryptionKey:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return EncryptionKey(X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw())


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=40), st.integers(1, 7), st.integers(0, 4), st.randoms(use_true_random=False))
def test_any_quorum_gives_the_secret_back(secret: bytes, threshold: int, more: int, draw: random.Random) -> None:
    shares = sharing.split(secret, threshold=threshold, count=threshold + more, random=draw.randbytes)
    numbered = dict(enumerate(shares, start=1))
    chosen = draw.sample(sorted(numbered), threshold)
    assert sharing.join({number: numbered[number] for number in chosen}) == secret
    assert sharing.join(numbered) == secret


def test_fewer_than_a_quorum_fit_every_secret_equally() -> None:
    """For one byte, all 256 secrets: with one share of two known, each secret belongs to exactly one polynomial."""
    for known in range(256):
        fits = {sharing.join({1: bytes([known]), 2: bytes([other])})[0] for other in range(256)}
        assert len(fits) == 256


def test_a_known_polynomial_gives_known_shares() -> None:
    """p(x) = 0x42 + 0x13 x + 0x37 x^2 over AES's field, computed by hand with FIPS 197's xtime."""
    rows = iter((b"\x13", b"\x37"))
    shares = sharing.split(b"\x42", threshold=3, count=3, random=lambda _size: next(rows))
    assert shares == (bytes([0x42 ^ 0x13 ^ 0x37]), bytes([0x42 ^ 0x26 ^ 0xDC]), bytes([0x42 ^ 0x35 ^ 0xEB]))


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (4, 3), (2, 256)])
def test_impossible_shares_are_not_made(threshold: int, count: int) -> None:
    with pytest.raises(ValueError, match="cannot be made"):
        sharing.split(b"secret", threshold=threshold, count=count, random=bytes)


@pytest.mark.parametrize("shares", [{}, {0: b"a"}, {256: b"a"}, {1: b"a", 2: b"bb"}])
def test_shares_that_do_not_belong_together_are_refused(shares: dict[int, bytes]) -> None:
    with pytest.raises(RejectError, match="belong together"):
        sharing.join(shares)


def test_every_quorum_of_holders_recovers_the_key_and_no_smaller_group_does() -> None:
    check_escrow(ESCROW)
    numbered = dict(enumerate(SHARES, start=1))
    for size in range(6):
        for chosen in combinations(numbered.items(), size):
            if size >= ESCROW.threshold:
                assert recovered(ESCROW, dict(chosen)) == expand(MASTER, "key", 1)
            else:
                with pytest.raises(RejectError, match="are needed"):
                    recovered(ESCROW, dict(chosen))


def test_a_share_opens_for_its_holder_with_its_registered_key_alone() -> None:
    for number, (holder, secret, share) in enumerate(zip(HOLDERS, SECRETS, SHARES, strict=True), start=1):
        sealed = entrust(ESCROW, number, share, public(secret))
        assert open_entrusted(ESCROW, sealed, holder, secret) == share
        other = replace(ESCROW, job=JobId(b"o" * 32))
        for escrow, who, key in (
            (ESCROW, holder, b"x" * 32),
            (ESCROW, HOLDERS[number % 5], secret),
            (other, holder, secret),
            (ESCROW, peer("stranger"), secret),
        ):
            with pytest.raises(RejectError):
                open_entrusted(escrow, sealed, who, key)
        changed = bytearray(sealed)
        changed[-1] ^= 1
        with pytest.raises(RejectError, match="does not open"):
            open_entrusted(ESCROW, bytes(changed), holder, secret)


def test_another_share_than_the_signed_one_is_noticed_by_its_holder_and_by_the_juror() -> None:
    sealed = entrust(ESCROW, 1, b"f" * 32, public(SECRETS[0]))
    with pytest.raises(RejectError, match="share 1 is not the one that was signed"):
        open_entrusted(ESCROW, sealed, HOLDERS[0], SECRETS[0])
    shares = dict(enumerate(SHARES, start=1))
    for wrong in ({**shares, 2: b"f" * 32}, {**shares, 9: SHARES[0]}, {2: SHARES[0], 1: SHARES[1], 3: SHARES[2]}):
        with pytest.raises(RejectError, match="was signed"):
            recovered(ESCROW, wrong)


def test_a_customer_that_shares_another_key_convicts_itself() -> None:
    shares = sharing.split(b"another key".ljust(32), threshold=3, count=5, random=random.Random(1).randbytes)
    forged = replace(ESCROW, shares=tuple(map(share_digest, shares)))
    check_escrow(forged)
    with pytest.raises(RejectError, match="do not give the sealed key"):
        recovered(forged, dict(enumerate(shares, start=1)))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"holders": HOLDERS[:2], "shares": ESCROW.shares[:2]}, "2 holders"),
        ({"holders": (HOLDERS[0], *HOLDERS[:4])}, "5 holders"),
        ({"shares": ESCROW.shares[:4]}, "5 holders"),
        ({"holders": (b"short", *HOLDERS[1:])}, "no peer"),
        ({"threshold": 2}, "no majority"),
        ({"threshold": 6}, "no majority"),
        ({"root": Digest(b"r" * 32)}, "tree"),
        ({"leaf": replace(ESCROW.leaf, index=2)}, "tree"),
        ({"proof": ESCROW.proof[1:]}, "tree"),
    ],
)
def test_a_statement_that_no_honest_customer_makes_is_rejected(changes: dict[str, object], why: str) -> None:
    with pytest.raises(RejectError, match=why):
        check_escrow(replace(ESCROW, **changes))  # type: ignore[arg-type]


def test_the_shares_of_a_key_are_hidden_in_the_statement() -> None:
    wire = encode(ESCROW)
    assert not any(share in wire or share[:8] in wire for share in SHARES)
