"""When a notice may be kept, and which two notices convict their author."""

from dataclasses import replace

import pytest

from protocol.auction import Commitment
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Address, Digest, JobId
from protocol.notice import (
    Equivocation,
    Notice,
    accept_notice,
    check_equivocation,
    open_notice,
    subject_of,
)
from protocol.params import MAX_CLOCK_SKEW, MAX_MESSAGE_BYTES, NOTICE_LIFETIME
from protocol.signed import Signed, sign
from protocol.topics import COMMITMENT, NOTICE
from protocol.units import UnixSeconds
from protocol.wire import encode
from tests.unit.protocol.examples import START, peer, seed

NOW = UnixSeconds(START)
PAST = UnixSeconds(0)
JOB = JobId(b"j" * 32)


def commitment(*, job: bytes = JOB, seal: bytes = b"s" * 32) -> bytes:
    message = Commitment(job=JobId(job), provider=peer("mill"), account=Address(b"a" * 20), seal=Digest(seal))
    return encode(sign(seed("mill"), COMMITMENT, encode(message)))


def notice(sequence: int = 1, *, message: bytes | None = None, topic: str = COMMITMENT) -> Notice:
    said = commitment() if message is None else message
    return Notice(topic=topic, sequence=sequence, expires=UnixSeconds(NOW + 600), message=said)


def signed(one: Notice, by: str = "mill") -> Signed:
    return sign(seed(by), NOTICE, encode(one))


def test_a_notice_at_every_limit_is_kept() -> None:
    longest = replace(notice(), expires=UnixSeconds(NOW + NOTICE_LIFETIME + MAX_CLOCK_SKEW))
    accept_notice(longest, now=NOW, horizon=PAST)
    accept_notice(replace(notice(), message=bytes(MAX_MESSAGE_BYTES)), now=NOW, horizon=PAST)


def test_a_notice_that_lives_too_long_or_says_too_much_is_rejected() -> None:
    endless = replace(notice(), expires=UnixSeconds(NOW + NOTICE_LIFETIME + MAX_CLOCK_SKEW + 1))
    with pytest.raises(RejectError, match="too long"):
        accept_notice(endless, now=NOW, horizon=PAST)
    with pytest.raises(RejectError, match="carries"):
        accept_notice(replace(notice(), message=bytes(MAX_MESSAGE_BYTES + 1)), now=NOW, horizon=PAST)


def test_an_expired_notice_is_ignored_for_its_bearer_may_not_know() -> None:
    with pytest.raises(IgnoreError):
        accept_notice(notice(), now=UnixSeconds(NOW + 600), horizon=PAST)


def test_a_clock_that_goes_back_brings_no_notice_back_to_life() -> None:
    with pytest.raises(IgnoreError):
        accept_notice(notice(), now=NOW, horizon=UnixSeconds(NOW + 600))


@pytest.mark.parametrize(
    "wrong",
    [notice(0), notice(2**63), notice(topic=""), notice(topic="t" * 129)],
    ids=["no sequence", "a sequence of 64 bits", "no topic", "a topic too long"],
)
def test_a_notice_out_of_bounds_is_rejected(wrong: Notice) -> None:
    with pytest.raises(RejectError, match="no topic, or no sequence"):
        open_notice(signed(wrong))


def test_a_notice_is_about_what_its_message_is_about() -> None:
    assert subject_of(notice()) == JOB
    assert subject_of(notice(message=b"?", topic="later/1")) != subject_of(notice(message=b"!", topic="later/1"))
    with pytest.raises(RejectError):
        subject_of(notice(message=b"not a commitment"))


def test_two_commitments_for_one_job_convict_their_author() -> None:
    evidence = Equivocation(first=signed(notice(1)), second=signed(notice(2, message=commitment(seal=b"z" * 32))))
    assert check_equivocation(evidence) == peer("mill")


def test_one_sequence_for_two_things_convicts_its_author() -> None:
    evidence = Equivocation(first=signed(notice(1)), second=signed(notice(1, message=commitment(job=b"k" * 32))))
    assert check_equivocation(evidence) == peer("mill")


HARMLESS = {
    "the same notice twice": (signed(notice()), signed(notice())),
    "said again under a later sequence": (signed(notice(1)), signed(notice(2))),
    "two jobs": (signed(notice(1)), signed(notice(2, message=commitment(job=b"k" * 32)))),
    "two authors": (signed(notice(1)), signed(notice(1, message=commitment(seal=b"z" * 32)), by="oven")),
    "two messages on a topic that is not known": (
        signed(notice(1, topic="later/1")),
        signed(notice(2, message=b"?", topic="later/1")),
    ),
    "a signature that does not hold": (signed(notice()), replace(signed(notice(1, message=b"?")), signature=bytes(64))),
}


@pytest.mark.parametrize("pair", HARMLESS.values(), ids=HARMLESS.keys())
def test_nobody_is_convicted_by(pair: tuple[Signed, Signed]) -> None:
    with pytest.raises(RejectError):
        check_equivocation(Equivocation(first=pair[0], second=pair[1]))
