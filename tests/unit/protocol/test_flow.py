"""Routings that fork and join, as calls and bids may have them."""

from dataclasses import replace

import pytest

from protocol.auction import accept_call, check_bid
from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.job import Call
from protocol.result import decide
from protocol.units import UnixSeconds
from tests.unit.protocol.examples import CUSTOMER, HOUR, START, bid, call, offer, operation


def forked(*after: tuple[int, ...] | None) -> Call:
    return call(operations=tuple(replace(operation(index), after=one) for index, one in enumerate(after)))


@pytest.mark.parametrize(
    "after",
    [
        (None, (), (0, 1)),
        (None, None, (), None, (1, 3)),
        (None, None, (0,), (1, 2)),
        ((), (), (0, 1), (2,), (2,), (3, 4)),
    ],
    ids=["two beginnings", "two bodies of two", "fork and join", "a join that forks"],
)
def test_a_call_may_fork_and_join(after: tuple[tuple[int, ...] | None, ...]) -> None:
    asked = forked(*after)
    accept_call(asked, signer=CUSTOMER, now=UnixSeconds(asked.commit_by - 1))


@pytest.mark.parametrize(("first", "last"), [(0, 1), (1, 2), (2, 4), (0, 4)])
def test_a_bundle_that_leaves_its_branch_is_rejected(first: int, last: int) -> None:
    asked = forked(None, (0,), (0,), None, (1, 3))
    with pytest.raises(RejectError, match="leaves its branch"):
        check_bid(bid("mill", offer(first, 1, 9, 100, last=last)), asked)


def test_a_bundle_within_a_branch_competes_and_one_beyond_the_routing_is_rejected() -> None:
    asked = replace(forked(None, (0,), (0,), None, (1, 3)), due=UnixSeconds(START + 200 * HOUR))
    singly = (offer(index, 10 * index, 10 * index + 9, 100) for index in range(5))
    bundle = bid("mill", offer(2, 20, 22, 100, last=3), *singly)
    check_bid(bundle, asked)
    result = decide(asked, (bundle,), Digest(b"t" * 32))
    assert result.award is not None
    assert [(one.offer.first, one.offer.last) for one in result.award.assignments] == [(0, 0), (1, 1), (2, 3), (4, 4)]
    for first, last in ((4, 5), (5, 5)):
        with pytest.raises(RejectError, match="do not exist"):
            check_bid(bid("mill", offer(first, 1, 9, 100, last=last)), asked)
