"""Bonded bids: who seals one opens it in time or loses its bond, and gets it back when the order is called off."""

from dataclasses import replace
from hashlib import sha256

import pytest

from ledger.bindings import orders as abi
from ledger.order_events import BidEnded, BidSealed
from ledger.orders import Orders
from protocol.ids import Address, Digest
from protocol.units import Cents, UnixSeconds
from tests.contracts.federation import (
    BID_BOND,
    BONDED,
    CUSTOMER,
    DEPLOYER,
    GOVERNOR,
    JOB,
    NOTICE,
    OTHER_SHOP,
    PACK,
    SHOP,
    STRANGER,
    TERM,
    Scene,
    word,
)

OPENING = b"salt and bid"
SEAL = Digest(sha256(OPENING).digest())


POCKET = 1000


def fund_shops(scene: Scene) -> None:
    """Give both shops something to bond bids with."""
    for shop in (SHOP, OTHER_SHOP):
        scene.evm.send(DEPLOYER, scene.contracts.token.transfer(shop, Cents(POCKET)))
        scene.evm.send(shop, scene.contracts.token.approve(scene.contracts.orders.address, Cents(POCKET)))


@pytest.fixture
def calling(scene: Scene) -> Scene:
    """An order whose bids need a bond until half of its term."""
    fund_shops(scene)
    scene.adopt(BONDED)
    scene.open(pack=BONDED.digest, reveal_by=UnixSeconds(scene.evm.now + TERM // 2))
    return scene


def orders(scene: Scene) -> Orders:
    return scene.contracts.orders


def seal(scene: Scene, bidder: Address = SHOP) -> None:
    assert scene.send(bidder, orders(scene).bid(JOB, SEAL)) == [BidSealed(job=JOB, bidder=bidder, seal=SEAL)]


def test_an_opened_bid_has_its_bond_back(calling: Scene) -> None:
    seal(calling)
    assert calling.balance(SHOP) == POCKET - BID_BOND
    assert calling.send(SHOP, orders(calling).reveal(JOB, OPENING)) == [BidEnded(job=JOB, bidder=SHOP, how="revealed")]
    assert calling.credit(SHOP) == BID_BOND
    assert calling.refused(SHOP, orders(calling).reveal(JOB, OPENING)) == "WrongBidState"


def test_a_bid_is_opened_by_what_was_sealed_and_by_nobody_else(calling: Scene) -> None:
    seal(calling)
    assert calling.refused(SHOP, orders(calling).reveal(JOB, OPENING + b".")) == "WrongOpening"
    assert calling.refused(OTHER_SHOP, orders(calling).reveal(JOB, OPENING)) == "WrongBidState"


def test_a_bid_that_is_not_opened_in_time_is_the_customers(calling: Scene) -> None:
    seal(calling)
    last = calling.evm.now + TERM // 2
    calling.evm.wait_until(last)
    assert calling.refused(STRANGER, orders(calling).forfeit(JOB, SHOP)) == "TooEarly"
    calling.evm.wait_until(last + 1)
    assert calling.refused(SHOP, orders(calling).reveal(JOB, OPENING)) == "TooLate"
    assert calling.send(STRANGER, orders(calling).forfeit(JOB, SHOP)) == [
        BidEnded(job=JOB, bidder=SHOP, how="forfeited")
    ]
    assert (calling.credit(CUSTOMER), calling.credit(SHOP)) == (BID_BOND, 0)
    assert calling.refused(STRANGER, orders(calling).forfeit(JOB, SHOP)) == "WrongBidState"


def test_a_bid_can_be_opened_in_the_last_second_and_after_the_award(calling: Scene) -> None:
    seal(calling)
    seal(calling, OTHER_SHOP)
    calling.send(SHOP, orders(calling).reveal(JOB, OPENING))
    calling.award(500)
    calling.evm.wait_until(calling.evm.now + TERM // 2)
    calling.send(OTHER_SHOP, orders(calling).reveal(JOB, OPENING))


def test_an_order_that_is_called_off_returns_the_bonds(calling: Scene) -> None:
    seal(calling)
    assert calling.refused(SHOP, orders(calling).return_bid(JOB, SHOP)) == "WrongOrderState"
    calling.send(CUSTOMER, orders(calling).cancel(JOB))
    calling.evm.wait_until(calling.evm.now + TERM)
    assert calling.refused(STRANGER, orders(calling).forfeit(JOB, SHOP)) == "WrongOrderState"
    assert calling.send(STRANGER, orders(calling).return_bid(JOB, SHOP)) == [
        BidEnded(job=JOB, bidder=SHOP, how="returned")
    ]
    assert calling.credit(SHOP) == BID_BOND


def test_an_order_that_nobody_opened_a_bid_for_expires_and_keeps_the_bonds(calling: Scene) -> None:
    seal(calling)
    calling.evm.wait_until(calling.evm.now + TERM)
    calling.send(STRANGER, orders(calling).expire(JOB))
    assert calling.refused(SHOP, orders(calling).return_bid(JOB, SHOP)) == "WrongOrderState"
    calling.send(STRANGER, orders(calling).forfeit(JOB, SHOP))
    assert calling.credit(CUSTOMER) == 1000 + BID_BOND


def test_only_who_opened_a_bid_wins(calling: Scene) -> None:
    seal(calling)
    assert calling.refused(CUSTOMER, calling.awarding(500)) == "NotRevealed"
    calling.send(SHOP, orders(calling).reveal(JOB, OPENING))
    assert calling.refused(CUSTOMER, calling.awarding(500, 500)) == "NotRevealed"
    calling.award(500)


def test_a_bid_is_made_once_in_time_for_an_order_that_asks_for_bonds(calling: Scene) -> None:
    seal(calling)
    assert calling.refused(SHOP, orders(calling).bid(JOB, word("other"))) == "WrongBidState"
    assert calling.refused(STRANGER, orders(calling).bid(JOB, SEAL)) == "ERC20InsufficientAllowance"
    calling.evm.wait_until(calling.evm.now + TERM // 2)
    calling.send(OTHER_SHOP, orders(calling).bid(JOB, SEAL))
    calling.evm.wait_until(calling.evm.now + 1)
    assert calling.refused(CUSTOMER, orders(calling).bid(JOB, SEAL)) == "TooLate"


def test_an_order_without_bonds_takes_no_bids(scene: Scene) -> None:
    assert scene.refused(SHOP, orders(scene).bid(JOB, SEAL)) == "WrongOrderState"
    scene.open()
    assert scene.refused(SHOP, orders(scene).bid(JOB, SEAL)) == "NoBidBond"


def test_bids_are_opened_before_the_deadline(scene: Scene) -> None:
    deadline = UnixSeconds(scene.evm.now + TERM)
    assert scene.refused(CUSTOMER, scene.opening(reveal_by=deadline)) == "BadReveal"
    scene.open(reveal_by=UnixSeconds(deadline - 1))


def test_a_bond_is_what_it_was_when_the_order_was_opened(calling: Scene) -> None:
    calling.evm.send(GOVERNOR, calling.contracts.rules.adopt(replace(PACK, version=3, bid_bond=Cents(7))))
    calling.evm.wait_until(calling.evm.now + NOTICE)
    seal(calling)
    assert calling.balance(SHOP) == POCKET - BID_BOND


def test_a_bid_can_be_read_with_its_seal_and_its_end(calling: Scene) -> None:
    def read() -> tuple[int, bytes]:
        found = abi.bid_of_result(calling.evm.call(orders(calling).address, abi.bid_of_call(JOB, SHOP)))
        return found.state, found.seal

    assert read() == (0, bytes(32))
    seal(calling)
    assert read() == (1, SEAL)
    calling.send(SHOP, orders(calling).reveal(JOB, OPENING))
    assert read() == (2, SEAL)
