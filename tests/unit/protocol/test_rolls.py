"""When a roll closes an auction."""

from dataclasses import replace

import pytest

from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, JobId
from protocol.merkle import root_of_hashes
from protocol.params import MAX_BIDDERS, MAX_CLOCK_SKEW
from protocol.roll import Roll, accept_roll, quorum
from protocol.units import UnixSeconds
from tests.unit.protocol.examples import CUSTOMER, call, peer

CALL = call()
ENTRIES = tuple(Digest(bytes([number]) * 32) for number in (1, 2, 3))
ROLL = Roll(job=CALL.job, entries=ENTRIES)
NOW = CALL.commit_by


def test_a_roll_counts_from_the_commit_deadline_to_the_last_moment_to_reveal() -> None:
    for moment in (CALL.commit_by - MAX_CLOCK_SKEW, CALL.commit_by, CALL.reveal_by):
        accept_roll(ROLL, signer=CUSTOMER, call=CALL, now=UnixSeconds(moment))
    for moment in (CALL.commit_by - MAX_CLOCK_SKEW - 1, CALL.reveal_by + 1):
        with pytest.raises(IgnoreError, match="outside its window"):
            accept_roll(ROLL, signer=CUSTOMER, call=CALL, now=UnixSeconds(moment))


def test_an_empty_roll_closes_an_auction_without_bids() -> None:
    accept_roll(replace(ROLL, entries=()), signer=CUSTOMER, call=CALL, now=NOW)


def test_a_roll_of_an_unknown_job_is_ignored() -> None:
    with pytest.raises(IgnoreError, match="unknown job"):
        accept_roll(ROLL, signer=CUSTOMER, call=None, now=NOW)


REJECTED = {
    "another job": (replace(ROLL, job=JobId(b"k" * 32)), "another job"),
    "an entry too short": (replace(ROLL, entries=(Digest(b"x"),)), "no hash"),
    "an entry twice": (replace(ROLL, entries=(ENTRIES[0], ENTRIES[0])), "not in order"),
    "out of order": (replace(ROLL, entries=ENTRIES[::-1]), "not in order"),
    "too long": (
        replace(ROLL, entries=tuple(Digest(n.to_bytes(32, "big")) for n in range(MAX_BIDDERS + 1))),
        "too long",
    ),
}


@pytest.mark.parametrize(("roll", "reason"), REJECTED.values(), ids=REJECTED.keys())
def test_a_malformed_roll_is_rejected(roll: Roll, reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        accept_roll(roll, signer=CUSTOMER, call=CALL, now=NOW)


def test_a_bidder_cannot_close_the_auction() -> None:
    with pytest.raises(RejectError, match="not signed by the customer"):
        accept_roll(ROLL, signer=peer("mill"), call=CALL, now=NOW)


def test_the_root_is_that_of_the_entries() -> None:
    assert ROLL.root == root_of_hashes(ENTRIES)


@pytest.mark.parametrize(("witnesses", "needed"), [(0, 1), (1, 1), (2, 2), (3, 2), (7, 4)])
def test_more_than_half_of_the_witnesses_decide(witnesses: int, needed: int) -> None:
    """Without witnesses nobody can prove an omission: the quorum of one is never reached."""
    named = tuple(peer(f"w{number}") for number in range(witnesses))
    assert quorum(replace(CALL, witnesses=named)) == needed
