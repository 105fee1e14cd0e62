"""A federation of contracts with its people: who they are, what they hold, and short ways to ask and to act."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from ledger.chain import account_of
from ledger.contracts import Contracts, contracts_at
from ledger.deployment import Membership, Plan, plan
from ledger.errors import RevertedError
from ledger.governor import Terms
from ledger.orders import Opening, Winner
from ledger.types import Log, Transaction
from protocol.ids import Address, Digest, EncryptionKey, JobId, PeerId
from protocol.membership import PROVIDER
from protocol.params import PROCESSES
from protocol.rules import RulePack, mask_of
from protocol.units import BasisPoints, Cents, Seconds, UnixSeconds
from tests.contracts.evm import CHAIN_ID, Evm, fresh

REVIEW = 100
DISPUTE = 400
TERM = 1000
FEE = 150
NOTICE = 50
DISPUTE_FEE = 500
BID_BOND = 50
LIMIT = 1_000_000
FUNDS = 10_000_000

PACK = RulePack(
    version=1,
    fee=BasisPoints(FEE),
    min_commit=Seconds(5),
    min_reveal=Seconds(5),
    review=Seconds(REVIEW),
    dispute=Seconds(DISPUTE),
    max_budget=Cents(LIMIT),
    carbon=Cents(10_000),
    max_hour=Cents(100_000),
    bid_bond=Cents(0),
    dispute_fee=Cents(DISPUTE_FEE),
    notice=Seconds(NOTICE),
    processes=mask_of(PROCESSES),
    premium=BasisPoints(0),
)


BOND = 500
VOTE_CAP = 2000
MEMBERSHIP = Membership(minimum_bond=Cents(BOND), vote_cap=Cents(VOTE_CAP))
TERMS = Terms(delay=60, period=600, extension=120, threshold=BOND, quorum=25, timelock=200)
YEAR = 365 * 24 * 3600


def address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def word(text: str) -> Digest:
    return Digest(text.encode().ljust(32, b"\x00"))


DEPLOYER, CUSTOMER, STRANGER = (address(0xA000 + n) for n in range(3))
KEYS = {account_of(key): key for key in (b"a shop's key".rjust(32), b"another's key".rjust(32))}
SHOP, OTHER_SHOP = KEYS
"""They sign what they inspected."""


def planned() -> Plan:
    """What the deployer creates."""
    return plan(DEPLOYER, 0, pack=PACK, membership=MEMBERSHIP, terms=TERMS)


PLAN = planned()
GOVERNOR, TREASURY = PLAN.addresses["Timelock"], PLAN.addresses["Treasury"]
"""Contracts; a test may send in their name."""

CONTRACTS = contracts_at(PLAN.deployment(CHAIN_ID, 0))
"""All of them, to speak to."""

JOB = JobId(word("job"))
EVIDENCE = word("evidence")
TRANSCRIPT = word("transcript")

COURT = PLAN.addresses["Disputes"]

BONDED = replace(PACK, version=2, bid_bond=Cents(BID_BOND))
"""The rules with which bids need a bond."""

PATIENT = replace(PACK, version=2, dispute=Seconds(1200))
"""Rules under which the hash of a block can be forgotten before a panel must be drawn by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The contracts, and the chain that they stand on."""

    evm: Evm
    contracts: Contracts

    def send(self, sender: Address, transaction: Transaction) -> list[object]:
        """Send and return the events of our contracts; the token's own are left out."""
        return self.events(self.evm.send(sender, transaction))

    def events(self, logs: tuple[Log, ...]) -> list[object]:
        return [event for log in logs if (event := self.contracts.decode(log)) is not None]

    def refused(self, sender: Address, transaction: Transaction) -> str:
        """Name of the error that ``transaction`` is refused with."""
        return self.refusal(sender, transaction).name

    def refusal(self, sender: Address, transaction: Transaction) -> RevertedError:
        """The error that ``transaction`` is refused with, and what it says."""
        with pytest.raises(RevertedError) as caught:
            self.evm.send(sender, transaction)
        return caught.value

    def open(self, *, job: JobId = JOB, budget: int = 1000, **terms: Any) -> list[object]:
        return self.send(CUSTOMER, self.opening(job=job, budget=budget, **terms))

    def adopt(self, pack: RulePack) -> None:
        """Put ``pack`` in force; its notice passes."""
        self.evm.send(GOVERNOR, self.contracts.rules.adopt(pack))
        self.evm.wait_until(self.evm.now + NOTICE)

    def opening(self, *, job: JobId = JOB, budget: int = 1000, **terms: Any) -> Transaction:
        """The transaction that opens an order, with a deadline in ``TERM`` seconds."""
        usual = Opening(
            budget=Cents(budget),
            call=word("call"),
            design=word("design"),
            pack=PACK.digest,
            deadline=UnixSeconds(self.evm.now + TERM),
        )
        return self.contracts.orders.open(job, replace(usual, **terms))

    def award(self, *prices: int, job: JobId = JOB, **terms: Any) -> list[object]:
        """Award to ``SHOP`` and ``OTHER_SHOP`` in turn."""
        return self.send(CUSTOMER, self.awarding(*prices, job=job, **terms))

    def awarding(self, *prices: int, job: JobId = JOB, **terms: Any) -> Transaction:
        shops = (SHOP, OTHER_SHOP)
        winners = [self.winner(shops[index % 2], price, **terms) for index, price in enumerate(prices)]
        return self.contracts.orders.award(job, TRANSCRIPT, winners)

    def winner(self, provider: Address, price: int, **terms: Any) -> Winner:
        """An assignment that is due in half of ``TERM``."""
        due = UnixSeconds(self.evm.now + TERM // 2)
        return replace(Winner(provider=provider, price=Cents(price), units=1, due=due), **terms)

    def accept(self, *indexes: int, job: JobId = JOB) -> None:
        """The shops take on what was awarded to them."""
        for index in indexes:
            provider = self.contracts.orders.assignment(self.evm, job, index).win.provider
            self.send(provider, self.contracts.orders.accept(job, index))

    def credit(self, account: Address) -> int:
        return self.contracts.orders.credit(self.evm, account)

    def balance(self, account: Address) -> int:
        return self.contracts.token.balance(self.evm, account)


def deploy(evm: Evm | None = None) -> Scene:
    """Fresh contracts; a funded customer, two registered providers."""
    evm = evm or fresh()
    for creation, at in zip(planned().creations, PLAN.addresses.values(), strict=True):
        assert evm.create(DEPLOYER, creation) == at
    scene = Scene(evm=evm, contracts=CONTRACTS)
    evm.send(DEPLOYER, CONTRACTS.token.transfer(CUSTOMER, Cents(FUNDS)))
    evm.send(CUSTOMER, CONTRACTS.token.approve(CONTRACTS.orders.address, Cents(FUNDS)))
    for shop in (SHOP, OTHER_SHOP):
        join(scene, shop, PROVIDER)
    return scene


def join(scene: Scene, account: Address, roles: int, *, stake: int = BOND) -> None:
    """Make ``account`` a member; all that it is given it bonds."""
    members, token = scene.contracts.members, scene.contracts.token
    scene.evm.send(DEPLOYER, token.transfer(account, Cents(stake)))
    scene.evm.send(account, token.approve(members.address, Cents(stake)))
    scene.evm.send(account, members.bond(Cents(stake)))
    scene.evm.send(account, registration(scene, account.hex(), roles))


def registration(scene: Scene, peer: str, roles: int) -> Transaction:
    return scene.contracts.members.register(
        roles=roles,
        peer=PeerId(word(peer[-8:])),
        encryption_key=EncryptionKey(word("key")),
        expiry=UnixSeconds(scene.evm.now + YEAR),
    )
