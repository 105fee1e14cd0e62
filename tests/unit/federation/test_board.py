"""What a board holds follows from what came, whatever the order; hostile authors cost only themselves."""

import contextlib
import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.board import WITNESSES, Board, Held
from federation.gate import check_message
from protocol.bulletin import Bulletin, check_equivocation
from protocol.capability import Card
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address, EncryptionKey, PeerId
from protocol.job import Site
from protocol.params import MAX_BULLETINS, MAX_STRANGER_BULLETINS, MAX_STRANGERS
from protocol.signed import Signed, sign
from protocol.topics import BULLETIN, CARD, COMMITMENT
from protocol.units import Metres, UnixSeconds
from protocol.wire import encode
from tests.unit.protocol.examples import HOME, START, peer, seed
from tests.unit.protocol.test_bulletin import commitment

NOW = UnixSeconds(START)


def say(sequence: int, message: bytes, *, by: str = "mill", topic: str = COMMITMENT, seconds: int = 600) -> Signed:
    bulletin = Bulletin(topic=topic, sequence=sequence, expires=UnixSeconds(NOW + seconds), message=message)
    return sign(seed(by), BULLETIN, encode(bulletin))


def card(northing: int) -> bytes:
    message = Card(
        provider=peer("mill"),
        account=Address(b"a" * 20),
        name="Mill",
        encryption_key=EncryptionKey(b"e" * 32),
        addresses=(),
        site=Site(easting=HOME.easting, northing=Metres(northing)),
        capabilities=(),
        issued=NOW,
        expires=UnixSeconds(NOW + 600),
    )
    return encode(sign(seed("mill"), CARD, encode(message)))


def board(*, members: bool = True, most: int = MAX_BULLETINS) -> Board:
    return Board(lambda _peer: members, check_message, most=most)


def fill(to: Board, bulletins: Iterable[Signed]) -> Board:
    for signed in bulletins:
        with contextlib.suppress(IgnoreError):
            to.admit(signed, NOW)
    return to


def held(on: Board) -> list[bytes]:
    return list(on.ids(NOW))


EVERY = [
    *(say(n, commitment(job=bytes([job]) * 32, seal=bytes([n]) * 32)) for job in (1, 2) for n in (1, 2, 3, 4)),
    *(say(n, commitment(job=b"j" * 32)) for n in (5, 6, 7)),
    *(say(n, card(n), topic=CARD) for n in (8, 9, 10)),
    say(10, card(11), topic=CARD),
    say(10, card(12), topic=CARD),
    say(11, b"?", topic="later/1"),
]


@given(st.lists(st.sampled_from(EVERY), max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_boards_that_heard_the_same_hold_the_same(bulletins: list[Signed], dice: random.Random) -> None:
    shuffled = dice.sample(bulletins, len(bulletins))
    assert held(fill(board(), bulletins)) == held(fill(board(), shuffled))


@given(st.lists(st.sampled_from(EVERY), max_size=12), st.lists(st.sampled_from(EVERY), max_size=12))
@settings(max_examples=60, deadline=None)
def test_boards_that_exchange_what_they_hold_come_to_hold_the_same(ours: list[Signed], theirs: list[Signed]) -> None:
    one, other = fill(board(), ours), fill(board(), theirs)
    from_one = [one.get(i) for i in one.ids(NOW)]
    from_other = [other.get(i) for i in other.ids(NOW)]
    fill(one, (h.signed for h in from_other if isinstance(h, Held)))
    fill(other, (h.signed for h in from_one if isinstance(h, Held)))
    assert held(one) == held(other)


def test_a_later_card_replaces_an_earlier_one_and_never_the_other_way() -> None:
    here = board()
    later = here.admit(say(2, card(2), topic=CARD), NOW)
    with pytest.raises(IgnoreError, match="superseded"):
        here.admit(say(1, card(1), topic=CARD), NOW)
    assert held(here) == [later.id]


def test_an_old_card_does_not_come_back_when_the_later_one_has_expired() -> None:
    here = board()
    here.admit(say(2, card(2), topic=CARD, seconds=10), NOW)
    here.expire(UnixSeconds(NOW + 20))
    with pytest.raises(IgnoreError, match="superseded"):
        here.admit(say(1, card(1), topic=CARD), UnixSeconds(NOW + 20))


def test_two_commitments_for_one_job_are_kept_as_evidence_and_a_third_is_not() -> None:
    here = fill(board(), (say(n, commitment(seal=bytes([n]) * 32)) for n in range(1, 9)))
    assert len(held(here)) == WITNESSES
    assert here.convicted(peer("mill"))
    (evidence,) = here.evidence()
    assert check_equivocation(evidence) == peer("mill")


def test_what_is_said_again_under_a_later_sequence_is_one_bulletin_and_no_crime() -> None:
    here = fill(board(), (say(n, commitment()) for n in range(1, 5)))
    assert len(held(here)) == 1
    assert here.last_sequence(peer("mill")) == 4
    assert not here.evidence()


def test_a_forged_or_senseless_bulletin_is_rejected_and_not_held() -> None:
    here = board()
    good = say(1, commitment())
    forged = Signed(author=peer("oven"), payload=good.payload, signature=good.signature)
    for bad in (forged, say(1, b"no commitment"), say(1, commitment(), topic=CARD), sign(seed("mill"), BULLETIN, b"?")):
        with pytest.raises(RejectError):
            here.admit(bad, NOW)
    assert held(here) == []


def test_an_author_beyond_its_quota_keeps_its_first_bulletins() -> None:
    bulletins = [say(n, commitment(job=bytes([n]) * 32)) for n in range(1, 8)]
    first = {signed.digest for signed in bulletins[:3]}
    for order in (bulletins, bulletins[::-1]):
        assert set(held(fill(board(most=3), order))) == first


def test_strangers_have_a_small_room_and_no_part_in_the_exchange() -> None:
    here = board(members=False)
    fill(here, (say(n, b"%d" % n, topic="later/1") for n in range(1, 10)))
    assert len(here.on("later/1")) == MAX_STRANGER_BULLETINS
    assert held(here) == []
    fill(here, (say(1, b"?", topic="later/1", by=f"s{n}") for n in range(MAX_STRANGERS + 10)))
    assert len({one.author for one in here.on("later/1")}) == MAX_STRANGERS


def test_what_is_thrown_away_is_told_to_the_disk() -> None:
    here = board()
    first = here.admit(say(1, card(1), topic=CARD), NOW)
    second = here.admit(say(2, card(2), topic=CARD, seconds=10), NOW)
    here.expire(UnixSeconds(NOW + 10))
    assert here.removed == [first.id, second.id]
    assert here.horizon == NOW + 10


def test_everybody_is_known_by_its_own_sequence() -> None:
    here = fill(board(), [say(7, commitment()), say(9, commitment(), by="oven")])
    assert (here.last_sequence(peer("mill")), here.last_sequence(PeerId(b"?" * 32))) == (7, 0)
