"""What a federation asks of its ledger, once through: every contract, every state of an order, some refusals."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from devnet.deploy import MEMBERSHIP, PACK, TERMS
from ledger.chain import account_of
from ledger.contracts import Contracts, contracts_at
from ledger.deployment import plan
from ledger.governor import Choice, Filed
from ledger.orders import Opening, Winner
from ledger.types import Creation, Transaction
from protocol.ids import Address, Digest, EncryptionKey, JobId, PeerId
from protocol.membership import CUSTOMER, PROVIDER
from protocol.rules import RulePack
from protocol.units import BasisPoints, Cents, UnixSeconds
from tests.ledger.places import CHAIN_ID, a_key

STEWARD, BUYER, SHOP = (a_key(6000 + number) for number in range(3))
LATER = UnixSeconds(int(time.time()) + 86_400)
"""One deadline for all ledgers of a run: calldata costs by its zero bytes."""

PRICE = Cents(300)
DEARER = replace(PACK, version=2, fee=BasisPoints(PACK.fee + 50))
"""The rules that the members adopt in the end."""

PLANNED = plan(account_of(STEWARD), 0, pack=PACK, membership=MEMBERSHIP, terms=TERMS)
CONTRACTS = contracts_at(PLANNED.deployment(CHAIN_ID, 0))
NEVER = UnixSeconds(0)


class Ledger(Protocol):
    """Where the flow runs; a transaction is in a block of its own when ``send`` returns."""

    def send(self, key: bytes, transaction: Transaction | Creation) -> tuple[bool, int]:
        """Whether it was done, and its gas."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction of the flow and what came of it."""

    name: str
    done: bool
    gas: int


def flow(ledger: Ledger) -> list[Step]:
    """Deploy and use the contracts; the same steps on every ledger."""
    steps = [
        Step(f"create {number}", *ledger.send(STEWARD, creation)) for number, creation in enumerate(PLANNED.creations)
    ]
    return steps + [Step(name, *ledger.send(key, transaction)) for name, key, transaction in _uses(CONTRACTS)]


def _word(text: str) -> Digest:
    return Digest(text.encode().ljust(32, b"\x01"))


def _uses(contracts: Contracts) -> Iterator[tuple[str, bytes, Transaction]]:
    token, orders, members = contracts.token, contracts.orders, contracts.members
    buyer, shop = account_of(BUYER), account_of(SHOP)
    for name, account in (("buyer", buyer), ("shop", shop)):
        yield f"fund {name}", STEWARD, token.transfer(account, Cents(500_000))
    yield "approve bond", SHOP, token.approve(members.address, MEMBERSHIP.minimum_bond)
    yield "bond", SHOP, members.bond(MEMBERSHIP.minimum_bond)
    for name, key, roles in (("shop", SHOP, PROVIDER), ("buyer", BUYER, CUSTOMER)):
        peer, sealed_to = PeerId(_word(f"peer {name}")), EncryptionKey(_word(f"key {name}"))
        yield f"register {name}", key, members.register(roles=roles, peer=peer, encryption_key=sealed_to, expiry=LATER)
    yield "approve escrow", BUYER, token.approve(orders.address, Cents(100_000))
    yield "anchor first", SHOP, contracts.provenance.anchor(_word("root"), 12)
    yield "anchor again", SHOP, contracts.provenance.anchor(_word("root 2"), 9)
    yield from _designs(contracts, buyer, shop)
    for job in ("paid", "disputed", "cancelled"):
        yield f"open {job}", BUYER, _opening(contracts, job)
    yield "open again is refused", BUYER, _opening(contracts, "paid")
    yield "cancel", BUYER, orders.cancel(JobId(_word("cancelled")))
    for job in ("paid", "disputed"):
        winner = Winner(provider=shop, price=PRICE, units=4, due=LATER)
        yield f"award {job}", BUYER, orders.award(JobId(_word(job)), _word("transcript"), [winner] * 2)
        for index in (0, 1):
            yield f"accept {job} {index}", SHOP, orders.accept(JobId(_word(job)), index)
            yield f"attest {job} {index}", SHOP, orders.attest(JobId(_word(job)), index, _word("evidence"))
    for index in (0, 1):
        yield f"approve {index}", BUYER, orders.approve(JobId(_word("paid")), index)
        yield f"dispute {index}", BUYER, orders.dispute(JobId(_word("disputed")), index, _word("evidence"))
    yield "concede", SHOP, contracts.disputes.propose(JobId(_word("disputed")), 0, BasisPoints(0))
    yield "give in", BUYER, contracts.disputes.propose(JobId(_word("disputed")), 1, BasisPoints(10_000))
    for name, key in (("shop", SHOP), ("buyer", BUYER)):
        yield f"withdraw {name}", key, orders.withdraw()
    yield "withdraw nothing", STEWARD, orders.withdraw()
    yield from _assembly(contracts, shop)
    yield "revoke", SHOP, members.revoke()
    yield "unbond", SHOP, members.unbond(MEMBERSHIP.minimum_bond)


def _opening(contracts: Contracts, job: str, pack: RulePack = PACK) -> Transaction:
    return contracts.orders.open(
        JobId(_word(job)),
        Opening(
            budget=Cents(2 * PRICE),
            call=_word("call"),
            design=_word("design"),
            pack=pack.digest,
            deadline=LATER,
        ),
    )


def _designs(contracts: Contracts, buyer: Address, shop: Address) -> Iterator[tuple[str, bytes, Transaction]]:
    designs, package = contracts.designs, _word("package")
    sealed = _word("design")
    yield "seal", BUYER, designs.seal(sealed)
    yield "seal again is refused", BUYER, designs.seal(sealed)
    yield "license", BUYER, designs.license(sealed, package=package, licensee=shop, units=4, expiry=LATER)
    licence = designs.licence_id(owner=buyer, commitment=sealed, package=package, licensee=shop)
    yield "record", SHOP, designs.record(licence, 3, _word("evidence"))
    yield "record too many is refused", SHOP, designs.record(licence, 2, _word("evidence"))


def _assembly(contracts: Contracts, shop: Address) -> Iterator[tuple[str, bytes, Transaction]]:
    """A dearer pack, from the proposal until orders must name it; a step that only waits takes a second."""
    governor, orders = contracts.governor, contracts.orders
    actions, text = (contracts.rules.adopt(DEARER),), "a dearer pack"
    filed = Filed(proposer=shop, actions=actions, description=text, start=NEVER, end=NEVER)

    def wait(seconds: int, why: str) -> Iterator[tuple[str, bytes, Transaction]]:
        for second in range(seconds):
            yield f"wait for {why} {second}", STEWARD, orders.withdraw()

    yield "propose", SHOP, governor.propose(actions, text)
    yield "vote too early is refused", SHOP, governor.vote(filed.id, Choice.FOR)
    yield from wait(TERMS.delay, "the vote")
    yield "vote", SHOP, governor.vote(filed.id, Choice.FOR)
    yield "vote again is refused", SHOP, governor.vote(filed.id, Choice.AGAINST)
    yield "queue too early is refused", BUYER, governor.queue(filed)
    yield from wait(TERMS.period, "its end")
    yield "queue", BUYER, governor.queue(filed)
    yield "execute too early is refused", BUYER, governor.execute(filed)
    yield from wait(TERMS.timelock, "the timelock")
    yield "execute", BUYER, governor.execute(filed)
    yield "execute again is refused", BUYER, governor.execute(filed)
    yield from wait(PACK.notice, "the notice")
    yield "open under the old rules is refused", BUYER, _opening(contracts, "late")
    yield "open under the new rules", BUYER, _opening(contracts, "late", DEARER)
