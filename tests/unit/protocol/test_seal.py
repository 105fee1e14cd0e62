"""A sealed package opens for its winner alone, and nothing about it can be swapped."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocol import merkle
from protocol.errors import RejectError
from protocol.ids import Address, Digest, JobId
from protocol.release import SEED_BYTES, ReleaseContext, public_half, release_key
from protocol.seal import (
    MIN_LEAVES,
    PackageDelivery,
    PackageLeaf,
    SealedDesign,
    accept,
    chunk_hash,
    commitment_of,
    deliver,
    deliver_code,
    expand,
    open_content,
    seal_code,
    seal_design,
    seal_package,
)
from protocol.stream import chunks_of, sealed_chunks_of, whole
from protocol.wire import decode, encode

MASTER = b"m" * 32
SEED = b"s" * SEED_BYTES
CONTENTS = (b"the design", b"package for milling" * 100_000, b"package for the oven")


def sealed(*contents: bytes) -> tuple[SealedDesign, tuple[bytes, ...]]:
    """The design and its ciphertexts."""
    ciphertexts: list[bytes] = []
    leaves: list[PackageLeaf] = []
    for index, content in enumerate(contents):
        ciphertext = bytearray()
        leaves.append(seal_package(MASTER, index, chunks_of(content), ciphertext.extend))
        ciphertexts.append(bytes(ciphertext))
    return seal_design(MASTER, leaves), tuple(ciphertexts)


def context(design: SealedDesign, index: int) -> ReleaseContext:
    return ReleaseContext(chain=1, job=JobId(b"j" * 32), root=design.root, index=index)


DESIGN, CIPHERTEXTS = sealed(*CONTENTS)
PARCEL = Digest(b"c" * 32)
DELIVERY = deliver(MASTER, DESIGN, PARCEL, context=context(DESIGN, 1), recipient=public_half(SEED))


def opened(
    delivery: PackageDelivery,
    index: int = 1,
    seed: bytes = SEED,
    design: SealedDesign = DESIGN,
    ciphertext: bytes = CIPHERTEXTS[1],
) -> bytes:
    """The whole way of a receiver but the ledger and the transfer."""
    key = accept(delivery, context(design, index), seed=seed)
    return whole(open_content(key, delivery.leaf, sealed_chunks_of(ciphertext)))


def test_the_winner_opens_exactly_its_package() -> None:
    assert opened(DELIVERY) == CONTENTS[1]


def test_sealing_twice_gives_the_same_bytes() -> None:
    assert sealed(*CONTENTS) == (DESIGN, CIPHERTEXTS)
    assert decode(SealedDesign, encode(DESIGN)) == DESIGN


def test_another_node_cannot_open_it() -> None:
    with pytest.raises(RejectError):
        opened(DELIVERY, seed=b"o" * SEED_BYTES)


@pytest.mark.parametrize("field", ["root", "released_key"])
def test_one_flipped_bit_anywhere_is_noticed(field: str) -> None:
    with pytest.raises(RejectError):
        opened(replace(DELIVERY, **{field: flipped(getattr(DELIVERY, field))}))  # type: ignore[arg-type]


def test_one_flipped_bit_of_the_ciphertext_is_noticed() -> None:
    with pytest.raises(RejectError):
        opened(DELIVERY, ciphertext=flipped(CIPHERTEXTS[1]))


def flipped(value: bytes) -> bytes:
    """``value`` with a bit in its middle changed."""
    changed = bytearray(value)
    changed[len(changed) // 2] ^= 1
    return bytes(changed)


def test_the_key_of_one_package_opens_no_other() -> None:
    chunks = sealed_chunks_of(CIPHERTEXTS[0])
    with pytest.raises(RejectError):
        list(open_content(expand(MASTER, "key", 1), DESIGN.leaves[0], chunks))


@pytest.mark.parametrize("count", range(1, 10))
def test_a_proof_does_not_tell_how_many_packages_there_are(count: int) -> None:
    design, ciphertexts = sealed(*(b"content" for _ in range(count)))
    size = len(design.hashes)
    assert size >= max(count, MIN_LEAVES)
    assert size.bit_count() == 1
    last = count - 1
    there = context(design, last)
    delivery = deliver(MASTER, design, PARCEL, context=there, recipient=public_half(SEED))
    assert opened(delivery, last, design=design, ciphertext=ciphertexts[last]) == b"content"
    assert len(delivery.proof) == size.bit_length() - 1


def test_a_commitment_binds_chain_registry_owner_root_and_nonce() -> None:
    values = {
        "chain": 1,
        "registry": Address(b"a" * 20),
        "owner": Address(b"b" * 20),
        "root": DESIGN.root,
        "nonce": DESIGN.nonce,
    }
    commitments = {commitment_of(**values)}  # type: ignore[arg-type]
    for key, other in {
        "chain": 2,
        "registry": Address(b"x" * 20),
        "owner": Address(b"x" * 20),
        "root": Digest(b"x" * 32),
        "nonce": b"x" * 32,
    }.items():
        commitments.add(commitment_of(**{**values, key: other}))  # type: ignore[arg-type]
    assert len(commitments) == 6


def test_equal_contents_give_unequal_leaves() -> None:
    same, ciphertexts = sealed(b"box", b"box")
    assert same.leaves[0].ciphertext != same.leaves[1].ciphertext
    assert ciphertexts[0] != ciphertexts[1]


def test_a_package_is_refused_by_its_number_before_anything_is_opened() -> None:
    with pytest.raises(RejectError, match="package 1 came instead of 2"):
        opened(DELIVERY, 2)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("ciphertext", "ciphertext is not the sealed one"),
        ("key", "key is not the sealed one"),
    ],
)
def test_a_customer_that_sealed_something_else_is_caught_by_the_leaf(field: str, reason: str) -> None:
    """The tree is sound, so only the leaf's own digest tells."""
    leaf = replace(DELIVERY.leaf, **{field: Digest(b"x" * 32)})  # type: ignore[arg-type]
    design = seal_design(MASTER, [leaf if leaf.index == other.index else other for other in DESIGN.leaves])
    forged = deliver(MASTER, design, PARCEL, context=context(design, 1), recipient=public_half(SEED))
    with pytest.raises(RejectError, match=reason):
        opened(forged, design=design)


def test_a_second_key_that_opens_the_same_ciphertext_is_refused() -> None:
    """AES-GCM alone lets one ciphertext open under two keys, to two contents; the key commitment does not."""
    first, second = expand(MASTER, "key", 1), b"2" * 32
    ciphertext = opens_under(aead_key(first), aead_key(second))
    leaf = replace(DESIGN.leaves[1], ciphertext=merkle.root_of_hashes([chunk_hash(ciphertext)]), chunks=1)
    one, other = (whole(open_content(key, leaf, [ciphertext])) for key in (first, second))
    assert one != other
    design = seal_design(MASTER, [DESIGN.leaves[0], leaf, *DESIGN.leaves[2:]])
    there, seed = context(design, 1), public_half(SEED)
    forged = deliver(MASTER, design, PARCEL, context=there, recipient=seed)
    with pytest.raises(RejectError, match="key is not the sealed one"):
        opened(replace(forged, released_key=release_key(seed, second, there)), design=design)


def aead_key(key: bytes) -> bytes:
    return expand(key, "aead")


def opens_under(first: bytes, second: bytes) -> bytes:
    """One block and a tag that AES-GCM accepts under both keys ("invisible salamanders", Dodis et al. 2018)."""
    nonce, about = bytes(11) + b"\x01", b"guildmark/package/3" + (1).to_bytes(4, "big")
    lengths = (len(about) * 8).to_bytes(8, "big") + (128).to_bytes(8, "big")
    ones = []
    for key in (first, second):
        block = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  # GCM's own use of it
        hashing, mask = block.update(bytes(16)), block.update(nonce + (1).to_bytes(4, "big"))
        square = times(number(hashing), number(hashing))
        known = number(mask) ^ times(number(lengths), number(hashing))
        padded = about + bytes(-len(about) % 16)
        power = times(square, number(hashing))
        for start in range(len(padded) - 16, -1, -16):
            known ^= times(number(padded[start : start + 16]), power)
            power = times(power, number(hashing))
        ones.append((square, known))
    (a, b), (c, d) = ones
    block_of = times(b ^ d, inverse(a ^ c))
    return block_of.to_bytes(16, "big") + (times(block_of, a) ^ b).to_bytes(16, "big")


def number(block: bytes) -> int:
    return int.from_bytes(block, "big")


def times(a: int, b: int) -> int:
    """Product in GCM's field (NIST SP 800-38D, 6.3)."""
    product = 0
    for bit in range(127, -1, -1):
        if b >> bit & 1:
            product ^= a
        a = (a >> 1) ^ (0xE1 << 120) if a & 1 else a >> 1
    return product


def inverse(a: int) -> int:
    """``a`` to the power of 2**128 - 2."""
    found = 1 << 127
    for _ in range(127):
        a = times(a, a)
        found = times(found, a)
    return found


SMALL, SMALL_CIPHERTEXTS = sealed(b"the design", b"package")
SMALL_DELIVERY = deliver(MASTER, SMALL, PARCEL, context=context(SMALL, 1), recipient=public_half(SEED))


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_one_changed_byte_of_a_delivery_is_noticed_by_its_receiver_or_on_the_ledger(flip: int) -> None:
    """The nonce says nothing about a package, but opens the commitment on the ledger; the parcel's name is the
    transfer's to check."""
    wire = encode(SMALL_DELIVERY)
    for position in range(len(wire)):
        changed = bytearray(wire)
        changed[position] ^= flip
        try:
            delivery = decode(PackageDelivery, bytes(changed))
            opened(delivery, design=SMALL, ciphertext=SMALL_CIPHERTEXTS[1])
        except RejectError:
            continue
        assert replace(delivery, nonce=SMALL_DELIVERY.nonce, parcel=PARCEL) == SMALL_DELIVERY
        assert delivery.parcel != PARCEL or commitment(delivery) != commitment(SMALL_DELIVERY)


def commitment(delivery: PackageDelivery) -> Digest:
    return commitment_of(
        chain=1, registry=Address(b"a" * 20), owner=Address(b"b" * 20), root=delivery.root, nonce=delivery.nonce
    )


def test_machine_code_comes_in_the_place_of_what_was_sealed_and_names_its_licence() -> None:
    made = context(DESIGN, 1)
    code = seal_code(MASTER, 1, b"G28")
    delivery = deliver_code(DESIGN, code, parcel=PARCEL, context=made, recipient=public_half(SEED))
    assert delivery.leaf == DESIGN.leaves[1]
    key = accept(delivery, made, seed=SEED)
    chunks = sealed_chunks_of(code.ciphertext)
    assert b"".join(map(bytes, open_content(key, delivery.content, chunks))) == b"G28"
    assert code.key != seal_code(MASTER, 1, b"G29").key
    with pytest.raises(RejectError):  # the code's key does not open the model
        b"".join(map(bytes, open_content(key, delivery.leaf, sealed_chunks_of(CIPHERTEXTS[1]))))
    other = seal_code(MASTER, 2, b"G28")
    for wrong in (
        replace(delivery, code=None),
        replace(delivery, code=other.leaf),
        replace(delivery, leaf=DESIGN.leaves[2]),
        replace(delivery, proof=delivery.proof[:-1]),
    ):
        with pytest.raises(RejectError):
            accept(wrong, made, seed=SEED)
