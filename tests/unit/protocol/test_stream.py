"""Chunks come out in their order, all of them, under their key, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import RejectError
from protocol.params import SEALING_CHUNK_BYTES
from protocol.stream import SEALED_CHUNK_BYTES, chunks_of, decrypt, encrypt, sealed_chunks_of, whole

KEY, OTHER = b"k" * 32, b"o" * 32
CONTENT = bytes(range(256)) * (2 * SEALING_CHUNK_BYTES // 256) + b"and a rest"
SEALED = [bytes(chunk) for chunk in encrypt(KEY, b"about", chunks_of(CONTENT))]


def opened(chunks: list[bytes], key: bytes = KEY, about: bytes = b"about") -> bytes:
    return whole(decrypt(key, about, chunks))


@pytest.mark.parametrize("size", [0, 1, SEALING_CHUNK_BYTES - 1, SEALING_CHUNK_BYTES, SEALING_CHUNK_BYTES + 1])
def test_a_content_of_any_size_comes_back(size: int) -> None:
    content = CONTENT[:size]
    sealed = whole(encrypt(KEY, b"about", chunks_of(content)))
    chunks = [bytes(chunk) for chunk in sealed_chunks_of(sealed)]
    assert opened(chunks) == content
    assert len(sealed) == size + 16 * len(chunks)
    assert all(len(chunk) == SEALED_CHUNK_BYTES for chunk in chunks[:-1])


@given(st.permutations(range(len(SEALED))))
def test_chunks_in_another_order_do_not_open(order: list[int]) -> None:
    chunks = [SEALED[number] for number in order]
    if chunks == SEALED:
        assert opened(chunks) == CONTENT
    else:
        with pytest.raises(RejectError):
            opened(chunks)


@pytest.mark.parametrize(
    "chunks",
    [[], SEALED[:-1], SEALED[:1], SEALED[1:], [*SEALED, SEALED[-1]], [*SEALED[:-1], SEALED[-1][:-1]], [b"", *SEALED]],
    ids=["nothing", "cut off", "the first alone", "without the first", "one more", "one byte less", "an empty one"],
)
def test_a_content_that_is_not_whole_does_not_open(chunks: list[bytes]) -> None:
    with pytest.raises(RejectError):
        opened(chunks)


def test_another_key_or_purpose_opens_nothing() -> None:
    for key, about in ((OTHER, b"about"), (KEY, b"else")):
        with pytest.raises(RejectError):
            opened(SEALED, key, about)


@given(st.integers(0, len(SEALED[-1]) - 1), st.integers(1, 255))
def test_one_changed_byte_is_noticed(position: int, flip: int) -> None:
    changed = bytearray(SEALED[-1])
    changed[position] ^= flip
    with pytest.raises(RejectError):
        opened([*SEALED[:-1], bytes(changed)])


def test_chunks_of_another_size_are_not_encrypted() -> None:
    for chunks in ([b"short", b"short"], [b"x" * (SEALING_CHUNK_BYTES + 1)], []):
        with pytest.raises(ValueError, match="chunk"):
            list(encrypt(KEY, b"", chunks))


def test_a_chunk_is_out_before_the_next_but_one_is_asked_for() -> None:
    """Memory does not grow with the content."""
    asked = 0

    def endless() -> object:
        nonlocal asked
        while True:
            asked += 1
            yield bytes(SEALING_CHUNK_BYTES)

    made = encrypt(KEY, b"", endless())  # type: ignore[arg-type]
    for number in range(1, 4):
        next(made)
        assert asked == number + 1
