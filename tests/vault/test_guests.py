"""A customer's own list decides who hears of a job, and everybody else has a reason."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.access.guests import Barrier, Partner, explain, guests, least, partners_of
from node.config import PartnerConfig
from protocol.classification import Classification, check_classification, listeners
from protocol.ids import PeerId
from protocol.params import MAX_INVITED
from protocol.topics import AWARD, CALL, COMMITMENT, REPLY, REVEAL, ROLL
from protocol.units import UnixSeconds
from tests.unit.protocol.examples import call, operation, part, peer
from tests.vault.closed import closed

NOW = UnixSeconds(1_800_000_000)
PARTNERS, CONFIDENTIAL, RESTRICTED = Classification.PARTNERS, Classification.CONFIDENTIAL, Classification.RESTRICTED


def partner(name: str, clearance: Classification = RESTRICTED, jurisdiction: str = "DE", until: int = 0) -> Partner:
    ends = UnixSeconds(until) if until else None
    return Partner(peer=peer(name), clearance=clearance, jurisdiction=jurisdiction, until=ends)


LIST = (
    partner("aster"),
    partner("birch", PARTNERS),
    partner("cedar", jurisdiction="FR"),
    partner("drake", CONFIDENTIAL),
    partner("elder", until=NOW),
    partner("fir", until=NOW + 1),
    partner("gorse", jurisdiction=""),
)


@pytest.mark.parametrize(
    ("classification", "laws", "invited"),
    [
        (PARTNERS, (), {"aster", "birch", "cedar", "drake", "fir", "gorse"}),
        (PARTNERS, ("DE",), {"aster", "birch", "drake", "fir"}),
        (CONFIDENTIAL, (), {"aster", "cedar", "drake", "fir", "gorse"}),
        (RESTRICTED, ("DE",), {"aster", "fir"}),
        (RESTRICTED, ("CH", "FR"), {"cedar"}),
        (RESTRICTED, ("CH",), set()),
    ],
)
def test_who_is_cleared_and_stands_under_the_law_is_invited(
    classification: Classification, laws: tuple[str, ...], invited: set[str]
) -> None:
    found = guests(classification, laws, partners=LIST, providers=(), now=NOW)
    assert set(found.invited) == {peer(name) for name in invited}
    assert list(found.invited) == sorted(found.invited)
    assert {one.peer for one in found.barred} == {one.peer for one in LIST} - set(found.invited)


@pytest.mark.parametrize(
    ("name", "barrier", "says"),
    [
        ("stranger", Barrier.STRANGER, "is no partner of yours"),
        ("elder", Barrier.LAPSED, "its vetting has lapsed"),
        ("drake", Barrier.CLEARANCE, "is cleared for confidential, not restricted"),
        ("cedar", Barrier.JURISDICTION, "stands under FR; allowed: AT, DE"),
        ("gorse", Barrier.JURISDICTION, "has no jurisdiction in your list; allowed: AT, DE"),
    ],
)
def test_everybody_else_is_named_with_the_reason(name: str, barrier: Barrier, says: str) -> None:
    laws = ("AT", "DE")
    found = guests(RESTRICTED, laws, partners=LIST, providers=[peer("stranger"), peer("aster")], now=NOW)
    one = next(one for one in found.barred if one.peer == peer(name))
    assert one.barrier is barrier
    assert says in explain(one, RESTRICTED, laws)


def test_more_than_a_call_can_invite_are_told_so() -> None:
    crowd = tuple(partner(f"shop {number}") for number in range(MAX_INVITED + 2))
    found = guests(CONFIDENTIAL, (), partners=crowd, providers=(), now=NOW)
    assert len(found.invited) == MAX_INVITED
    assert [one.barrier for one in found.barred] == [Barrier.ROOM] * 2
    assert str(MAX_INVITED) in explain(found.barred[0], CONFIDENTIAL, ())


def test_a_vetting_is_good_until_the_end_of_its_last_day() -> None:
    row = PartnerConfig.model_validate({"peer": "ab" * 32, "clearance": "restricted", "until": "2026-12-31"})
    (found,) = partners_of([row])
    assert found.until == int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    assert (found.peer, found.clearance, found.jurisdiction) == (b"\xab" * 32, RESTRICTED, "")


@given(
    st.sampled_from(Classification),
    st.lists(st.sampled_from(["AT", "CH", "DE", "FR"]), unique=True),
    st.lists(st.tuples(st.sampled_from(Classification), st.sampled_from(["", "DE", "FR"])), max_size=6),
)
def test_nobody_is_invited_beyond_its_clearance_or_law(
    classification: Classification, laws: list[str], rows: list[tuple[Classification, str]]
) -> None:
    listed = tuple(partner(f"shop {n}", level, law) for n, (level, law) in enumerate(rows))
    found = guests(classification, laws, partners=listed, providers=[peer("stranger")], now=NOW)
    by_peer = {one.peer: one for one in listed}
    assert {*found.invited, *(one.peer for one in found.barred)} == {*by_peer, peer("stranger")}
    for invited in found.invited:
        assert by_peer[invited].clearance >= classification
        assert not laws or by_peer[invited].jurisdiction in laws


def test_a_restricted_call_tells_no_hole_and_no_exact_measure() -> None:
    exact = call(operations=(operation(0), operation(1)))
    told, operations = least(part(), exact.operations)
    assert told.holes == ()
    assert told.volume == 80_000
    assert told.mass == 220
    assert part().envelope.fits(told.envelope)
    for before, after in zip(exact.operations, operations, strict=True):
        assert before.envelope.fits(after.envelope)
        assert (after.process, after.tolerance, after.features) == (before.process, before.tolerance, before.features)
        assert before.mass <= after.mass
        assert before.removed <= after.removed
    asked = closed()
    check_classification(replace(asked, part=told, operations=operations))


def test_what_is_said_of_a_closed_auction_goes_to_those_alone_who_need_it() -> None:
    asked = closed()
    customer, invited, witnesses = asked.customer, set(asked.filters.invited), set(asked.witnesses)
    bidder: PeerId = next(one for one in asked.filters.invited if one not in witnesses)
    for topic in (CALL, ROLL, AWARD):
        assert listeners(asked, topic, customer) == invited
    for topic in (COMMITMENT, REVEAL, REPLY):
        assert listeners(asked, topic, bidder) == {customer, *witnesses} - {bidder}
    witness = next(iter(witnesses))
    assert listeners(asked, AWARD, witness) == {customer, *invited} - {witness}
    assert listeners(call(), CALL, customer) is None
