"""What an exporter does with what others gave it: notes in one form, proofs without hashing twice."""

import pytest

from protocol import merkle
from protocol.checkpoint import cosign, read_note, tidy_note, with_cosignatures
from protocol.errors import RejectError
from protocol.signed import signer_of
from protocol.units import UnixSeconds
from tests.audit.world import START, World, digest
from tests.unit.protocol.examples import peer, seed

NOTE = World().notes[0]
CHECKPOINT = read_note(NOTE).checkpoint


def line(witness: str, at: int) -> bytes:
    return cosign(signer_of(seed(witness)), CHECKPOINT, UnixSeconds(at))


def test_a_note_in_one_form_stays_as_it_is() -> None:
    assert tidy_note(NOTE) == NOTE


def test_lines_that_say_nothing_go_and_cosignatures_come_by_witness_the_latest_of_each() -> None:
    bare = b"".join(NOTE.splitlines(keepends=True)[:5])
    lines = [line(witness, START + at) for at, witness in enumerate(("a", "b", "c", "a"))]
    untidy = with_cosignatures(bare, [lines[0], "\u2014 somebody AAAAAAAA\n".encode(), *lines[1:]])
    tidy = tidy_note(untidy)
    assert read_note(tidy) == read_note(untidy)
    latest = {"b": START + 1, "c": START + 2, "a": START + 3}
    assert tidy == with_cosignatures(bare, [line(witness, latest[witness]) for witness in sorted(latest, key=peer)])
    assert tidy_note(tidy) == tidy


def test_a_note_that_is_none_is_not_tidied() -> None:
    for broken in (b"", NOTE[:-1], NOTE.replace(b"guildmark/log/", b"guildmark/lag/", 1)):
        with pytest.raises(RejectError):
            tidy_note(broken)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 33])
def test_many_proofs_of_one_tree_are_those_that_are_made_one_by_one(size: int) -> None:
    entries = [digest("entry", number) for number in range(size)]
    prove = merkle.prover([merkle.leaf_hash(entry) for entry in entries])
    assert [prove(index) for index in range(size)] == [merkle.prove(entries, index) for index in range(size)]
