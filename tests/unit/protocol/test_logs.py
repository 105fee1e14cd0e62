"""Checkpoints and witnesses: what is signed, by whom, and which two notes cannot both be honest."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import checkpoint, merkle
from protocol.checkpoint import Cosignature, cosign, read_cosignature, read_note, sign_checkpoint, with_cosignatures
from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.signed import signer_of, verify_bytes
from protocol.units import UnixSeconds
from protocol.witness import (
    Addition,
    SplitError,
    StaleError,
    check_split,
    compare,
    judge_addition,
    read_addition,
    write_addition,
)
from tests.unit.protocol.examples import START, peer, seed

MILL = signer_of(seed("mill"))
OAK = signer_of(seed("oak"))


def entries(count: int, forged_at: int = -1) -> list[bytes]:
    return [b"forged" if number == forged_at else b"entry %d" % number for number in range(count)]


def note(log: list[bytes]) -> bytes:
    return sign_checkpoint(MILL, len(log), merkle.root(log))


def proof(old: int, log: list[bytes]) -> tuple[Digest, ...]:
    hashes = [merkle.leaf_hash(entry) for entry in log]
    return tuple(merkle.root_of_hashes(hashes[a:b]) for a, b in merkle.consistency_ranges(old, len(log)))


def test_the_origin_of_a_log_is_its_providers_key_and_is_anchored_as_its_hash() -> None:
    checkpoint = read_note(note(entries(5))).checkpoint
    assert checkpoint.origin == "guildmark/log/" + peer("mill").hex()
    assert checkpoint.body.decode().split("\n")[1:2] == ["5"]
    assert len(checkpoint.log) == 32


def test_what_is_cosigned_names_its_time() -> None:
    checkpoint = read_note(note(entries(5))).checkpoint
    line = cosign(OAK, checkpoint, UnixSeconds(START))
    assert read_cosignature(line, checkpoint) == Cosignature(witness=peer("oak"), at=UnixSeconds(START))
    assert line != cosign(OAK, checkpoint, UnixSeconds(START + 1))


@pytest.mark.parametrize("cut", [0, 1, 10, -1, -2])
def test_a_cosignature_line_that_was_cut_is_rejected(cut: int) -> None:
    checkpoint = read_note(note(entries(5))).checkpoint
    line = cosign(OAK, checkpoint, UnixSeconds(START))
    with pytest.raises(RejectError):
        read_cosignature(line[:cut], checkpoint)


@settings(max_examples=150, deadline=None)
@given(st.integers(0), st.integers(1, 255))
def test_no_note_survives_a_changed_byte(where: int, flip: int) -> None:
    checkpoint = read_note(note(entries(5))).checkpoint
    good = with_cosignatures(note(entries(5)), [cosign(OAK, checkpoint, UnixSeconds(START))])
    position = where % len(good)
    spoilt = good[:position] + bytes([good[position] ^ flip]) + good[position + 1 :]
    try:
        found = read_note(spoilt)
    except RejectError:
        return
    # A changed name or kind makes the cosignature somebody else's, who is not known: it counts for nothing.
    assert found.checkpoint == checkpoint
    assert found.cosignatures == ()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40))
def test_a_witness_follows_a_log_that_only_grows(old: int, grown: int) -> None:
    log = entries(old + grown)
    latest = note(log[:old]) if old else None
    addition = Addition(old=old, proof=proof(old, log), note=note(log))
    assert read_addition(write_addition(addition)) == addition
    assert judge_addition(addition, latest).size == old + grown


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(0, 40), st.data())
def test_a_witness_never_follows_a_log_that_changed_its_past(old: int, grown: int, data: st.DataObject) -> None:
    honest = entries(old + grown)
    forged = entries(old + grown, forged_at=data.draw(st.integers(0, old - 1)))
    with pytest.raises(RejectError) as caught:
        judge_addition(Addition(old=old, proof=proof(old, forged), note=note(forged)), note(honest[:old]))
    if grown == 0 or old & (old - 1):
        assert isinstance(caught.value, SplitError)
        assert check_split(caught.value.evidence) == peer("mill")


def test_a_log_that_is_wrong_about_the_last_checkpoint_learns_its_size() -> None:
    log = entries(9)
    with pytest.raises(StaleError) as caught:
        judge_addition(Addition(old=3, proof=proof(3, log), note=note(log)), note(log[:5]))
    assert caught.value.size == 5


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 24), st.integers(0, 24))
def test_honest_notes_of_one_log_never_contradict_each_other(one: int, two: int) -> None:
    log = entries(max(one, two))
    compare(note(log[:one]), note(log[:two]), proof(min(one, two), log))


def test_evidence_is_the_same_whichever_note_comes_first() -> None:
    one, two = note(entries(7)), note(entries(12, forged_at=2))
    path = proof(7, entries(12, forged_at=2))
    found = []
    for first, second in ((one, two), (two, one)):
        with pytest.raises(SplitError) as caught:
            compare(first, second, path)
        found.append(caught.value.evidence)
    assert found[0] == found[1]
    assert check_split(found[0]) == peer("mill")


def test_a_root_for_no_entries_that_is_not_the_empty_one_is_a_lie() -> None:
    with pytest.raises(SplitError) as caught:
        compare(sign_checkpoint(MILL, 0, Digest(b"x" * 32)), note(entries(3)))
    assert check_split(caught.value.evidence) == peer("mill")


def test_nobody_is_accused_by_a_note_that_he_did_not_sign() -> None:
    with pytest.raises(SplitError) as caught:
        compare(note(entries(7)), note(entries(7, forged_at=1)))
    evidence = caught.value.evidence
    other = sign_checkpoint(OAK, 7, merkle.root(entries(7, forged_at=1)))
    with pytest.raises(RejectError, match="different logs"):
        check_split(replace(evidence, second=other))


def test_the_note_in_gos_own_documentation_has_our_key_hash_and_signature_form() -> None:
    """Example of the package ``golang.org/x/mod/sumdb/note``, where the format comes from."""
    name, hashed, encoded = ["PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
    text = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = (
        "\N{EM DASH} PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    kind, key = base64.b64decode(encoded)[0], base64.b64decode(encoded)[1:]
    assert checkpoint._key_hash(name, kind, key).hex() == hashed
    who, signature = checkpoint._signature(line)
    assert (who, signature[:4].hex()) == (name, hashed)
    verify_bytes(key, text, signature[4:], "the example does not hold")
