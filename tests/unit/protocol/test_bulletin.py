"""When a bulletin may be kept, and which two bulletins convict their author."""

from dataclasses import replace

import pytest

from protocol.auction import Commitment
from protocol.bulletin import (
    Bulletin,
    Equivocation,
    accept_bulletin,
    check_equivocation,
    open_bulletin,
    subject_of,
)
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address, Digest, JobId
from protocol.params import BULLETIN_LIFETIME, MAX_CLOCK_SKEW, MAX_MESSAGE_BYTES
from protocol.signed import Signed, sign
from protocol.topics import BULLETIN, COMMITMENT
from protocol.units import UnixSeconds
from protocol.wire import encode
from tests.unit.protocol.examples import START, peer, seed

NOW = UnixSeconds(START)
PAST = UnixSeconds(0)
JOB = JobId(b"j" * 32)


def commitment(*, job: bytes = JOB, seal: bytes = b"s" * 32) -> bytes:
    message = Commitment(job=JobId(job), provider=peer("mill"), account=Address(b"a" * 20), seal=Digest(seal))
    return encode(sign(seed("mill"), COMMITMENT, encode(message)))


def bulletin(sequence: int = 1, *, message: bytes | None = None, topic: str = COMMITMENT) -> Bulletin:
    said = commitment() if message is None else message
    return Bulletin(topic=topic, sequence=sequence, expires=UnixSeconds(NOW + 600), message=said)


def signed(one: Bulletin, by: str = "mill") -> Signed:
    return sign(seed(by), BULLETIN, encode(one))


def test_a_bulletin_at_every_limit_is_kept() -> None:
    longest = replace(bulletin(), expires=UnixSeconds(NOW + BULLETIN_LIFETIME + MAX_CLOCK_SKEW))
    accept_bulletin(longest, now=NOW, horizon=PAST)
    accept_bulletin(replace(bulletin(), message=bytes(MAX_MESSAGE_BYTES)), now=NOW, horizon=PAST)


def test_a_bulletin_that_lives_too_long_or_says_too_much_is_rejected() -> None:
    endless = replace(bulletin(), expires=UnixSeconds(NOW + BULLETIN_LIFETIME + MAX_CLOCK_SKEW + 1))
    with pytest.raises(RejectError, match="too long"):
        accept_bulletin(endless, now=NOW, horizon=PAST)
    with pytest.raises(RejectError, match="carries"):
        accept_bulletin(replace(bulletin(), message=bytes(MAX_MESSAGE_BYTES + 1)), now=NOW, horizon=PAST)


def test_an_expired_bulletin_is_ignored_for_its_bearer_may_not_know() -> None:
    with pytest.raises(IgnoreError):
        accept_bulletin(bulletin(), now=UnixSeconds(NOW + 600), horizon=PAST)


def test_a_clock_that_goes_back_brings_no_bulletin_back_to_life() -> None:
    with pytest.raises(IgnoreError):
        accept_bulletin(bulletin(), now=NOW, horizon=UnixSeconds(NOW + 600))


@pytest.mark.parametrize(
    "wrong",
    [bulletin(0), bulletin(2**63), bulletin(topic=""), bulletin(topic="t" * 129)],
    ids=["no sequence", "a sequence of 64 bits", "no topic", "a topic too long"],
)
def test_a_bulletin_out_of_bounds_is_rejected(wrong: Bulletin) -> None:
    with pytest.raises(RejectError, match="no topic, or no sequence"):
        open_bulletin(signed(wrong))


def test_a_bulletin_is_about_what_its_message_is_about() -> None:
    assert subject_of(bulletin()) == JOB
    assert subject_of(bulletin(message=b"?", topic="later/1")) != subject_of(bulletin(message=b"!", topic="later/1"))
    with pytest.raises(RejectError):
        subject_of(bulletin(message=b"not a commitment"))


def test_two_commitments_for_one_job_convict_their_author() -> None:
    evidence = Equivocation(first=signed(bulletin(1)), second=signed(bulletin(2, message=commitment(seal=b"z" * 32))))
    assert check_equivocation(evidence) == peer("mill")


def test_one_sequence_for_two_things_convicts_its_author() -> None:
    evidence = Equivocation(first=signed(bulletin(1)), second=signed(bulletin(1, message=commitment(job=b"k" * 32))))
    assert check_equivocation(evidence) == peer("mill")


HARMLESS = {
    "the same bulletin twice": (signed(bulletin()), signed(bulletin())),
    "said again under a later sequence": (signed(bulletin(1)), signed(bulletin(2))),
    "two jobs": (signed(bulletin(1)), signed(bulletin(2, message=commitment(job=b"k" * 32)))),
    "two authors": (signed(bulletin(1)), signed(bulletin(1, message=commitment(seal=b"z" * 32)), by="oven")),
    "two messages on a topic that is not known": (
        signed(bulletin(1, topic="later/1")),
        signed(bulletin(2, message=b"?", topic="later/1")),
    ),
    "a signature that does not hold": (
        signed(bulletin()),
        replace(signed(bulletin(1, message=b"?")), signature=bytes(64)),
    ),
}


@pytest.mark.parametrize("pair", HARMLESS.values(), ids=HARMLESS.keys())
def test_nobody_is_convicted_by(pair: tuple[Signed, Signed]) -> None:
    with pytest.raises(RejectError):
        check_equivocation(Equivocation(first=pair[0], second=pair[1]))
