"""The scanner finds what it is there to find, and a sealed design holds nothing of it."""

import base64
import hashlib
import random

import pytest
from eth_utils.crypto import keccak

from protocol.seal import chunk_hash, seal_design, seal_package
from protocol.stream import chunks_of
from protocol.wire import encode
from tests.vault.fingerprints import fingerprints, scan

DOCUMENTS = {"bracket.step": b"ISO-10303-21;\r\nHEADER;" * 900, "package 1": b"how to mill it"}
NEEDLES = fingerprints(DOCUMENTS)
NOISE = random.Random(4711).randbytes(20_000)
STEP, FIRST = DOCUMENTS["bracket.step"], DOCUMENTS["package 1"]


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        (hashlib.sha256(STEP).digest(), "sha256 of all of bracket.step"),
        (hashlib.sha256(STEP).hexdigest().encode(), "sha256 of all of bracket.step"),
        (hashlib.sha256(STEP).digest()[:20], "sha256 of all of bracket.step"),
        (keccak(FIRST), "keccak256 of all of package 1"),
        (base64.b64encode(hashlib.blake2b(FIRST).digest()), "blake2b of all of package 1"),
        (hashlib.md5(STEP[4096:8192], usedforsecurity=False).digest(), "md5 of bytes 4096 to 8192 of bracket.step"),
        (chunk_hash(FIRST), "chunk name of all of package 1"),
    ],
)
def test_a_planted_hash_is_found_wherever_it_stands(planted: bytes, what: str) -> None:
    straw = NOISE[:777] + planted + NOISE[777:]
    found = scan(NEEDLES, [NOISE, straw])
    assert found
    kind = what.split(" of ", maxsplit=1)[0]
    assert all(one.startswith(kind) for one in found)
    assert scan(NEEDLES, [NOISE]) == []


def test_the_public_half_of_a_sealed_design_holds_none() -> None:
    leaves = [
        seal_package(b"m" * 32, index, chunks_of(content), bytearray().extend)
        for index, content in enumerate(DOCUMENTS.values())
    ]
    assert scan(NEEDLES, [encode(seal_design(b"m" * 32, leaves))]) == []
