"""A sentence that never fails proves nothing: each is broken here on purpose, and seen."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from devnet.market.auctioning import post
from devnet.market.behaviour import Buyer, Reason, Shop
from devnet.market.invariants import broken_at_end, broken_by_end, broken_now, overlapping
from devnet.market.simulation import SMALL
from devnet.market.state import Market, market
from protocol.ids import PeerId


def finished() -> Market:
    """An honest market after its only order."""
    place = market(1, replace(SMALL, providers=6, jobs=1))
    place.shops = dict.fromkeys(place.shops, Shop.HONEST)
    place.buyers = dict.fromkeys(place.buyers, Buyer.HONEST)
    (call,) = place.world.calls
    place.clock.at(call.earliest, lambda: post(place, call))
    while place.clock.step():
        pass
    return place


def seen(place: Market) -> list[str]:
    (job,) = place.calls
    return [*broken_now(place), *broken_by_end(place, job), *broken_at_end(place), *overlapping(place)]


def lose_a_cent(place: Market) -> None:
    place.purse.free[place.world.calls[0].customer] -= 1


def keep_a_bond(place: Market) -> None:
    call = place.world.calls[0]
    place.purse.bond(call.job, call.customer, 1)


def keep_a_package(place: Market) -> None:
    place.keys.add((place.world.calls[0].job, next(iter(place.shops))))


def keep_escrow(place: Market) -> None:
    call = place.world.calls[0]
    place.purse.lock(call.job, call.customer, 1)


def forget_an_order(place: Market) -> None:
    place.ended.clear()


def pay_twice(place: Market) -> None:
    key = next(iter(place.payments))
    place.payments[key] += 1


def pay_a_stranger(place: Market) -> None:
    key = next(iter(place.payees))
    place.payees[key] = PeerId(bytes(32))


def pay_in_part(place: Market) -> None:
    place.payments.popitem()


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lose_a_cent, "money: -1 cents"),
        (keep_a_bond, "a bond of"),
        (keep_a_package, "a package of"),
        (keep_escrow, "escrow of"),
        (forget_an_order, "never ended"),
        (pay_twice, "was paid 2 times"),
        (pay_a_stranger, "paid to somebody who did not make it"),
        (pay_in_part, "was paid in part"),
    ],
)
def test_every_harm_is_seen(harm: Callable[[Market], None], sentence: str) -> None:
    place = finished()
    assert place.ended == {place.world.calls[0].job: Reason.PAID}
    assert seen(place) == []
    harm(place)
    assert any(sentence in line for line in seen(place))


def test_time_that_is_still_held_is_seen() -> None:
    place = market(1, replace(SMALL, providers=6, jobs=1))
    (call,) = place.world.calls
    post(place, call)
    assert any("still held" in line for line in broken_by_end(place, call.job))
