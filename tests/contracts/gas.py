"""Gas of what a federation does: against the bars, the committed snapshot, and one EAS attestation for each step.

``python -m tests.contracts.gas`` prints the table and fails when a bar or the snapshot is broken; ``--write`` takes a
new snapshot. Measured in whole transactions on an Ethereum tester chain: intrinsic gas and calldata are included.
"""

import json
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from eth_tester import EthereumTester, PyEVMBackend  # type: ignore[import-untyped]

from ledger.contracts import Contracts, contracts_at
from ledger.deployment import ORDER, plan
from ledger.governor import Choice, Filed
from ledger.orders import Opening, Winner
from ledger.types import Creation, Transaction
from protocol.ids import Address, Digest, EncryptionKey, JobId, PeerId
from protocol.membership import PROVIDER
from protocol.seal import commitment_of
from protocol.units import BasisPoints, Cents, UnixSeconds
from tests.contracts.federation import MEMBERSHIP, PACK, TERMS

SNAPSHOT = Path(__file__).with_name("gas.json")
EAS_ATTESTATION = 202_912
"""One attestation of 64 bytes of data with EAS 1.9.0, on the same EVM rules."""

START = 2_000_000_000
TERM = 30 * 24 * 3600
OPERATIONS = 3
PARTS = 10
BARS = {
    "anchor, warm": 30_000,
    "record of a licensed unit": 55_000,
    "open an order": 400_000,
    "award of 1": 120_000 + 30_000,
    "award of 3": 120_000 + 3 * 30_000,
    "award of 8": 120_000 + 8 * 30_000,
}
LIFE = "whole life"


def digest(text: str) -> Digest:
    """A digest without zero bytes, as real ones mostly are."""
    return Digest((text.encode() + b"\xff" * 32)[:32])


@dataclass
class Ledger:
    """A tester chain that remembers what each transaction cost."""

    tester: EthereumTester
    contracts: Contracts
    people: list[Address]
    spent: list[tuple[str, int]] = field(default_factory=list)
    commitment: Digest = Digest(bytes(32))  # noqa: RUF009  # bytes
    """Of the design of the whole life."""

    def wait(self, seconds: int) -> None:
        """Let time pass; the next transaction is in a block after it."""
        now = int(self.tester.get_block_by_number("latest")["timestamp"])
        self.tester.time_travel(now + seconds)

    def send(self, who: Address, transaction: Transaction, name: str = "") -> int:
        """Send, and note the gas under ``name``."""
        fields = {
            "from": "0x" + who.hex(),
            "to": "0x" + transaction.to.hex(),
            "gas": 5_000_000,
            "data": "0x" + transaction.payload.hex(),
        }
        receipt = self.tester.get_transaction_receipt(self.tester.send_transaction(fields))
        assert receipt["status"] == 1, name
        gas = int(receipt["gas_used"])
        self.spent.append((name, gas))
        return gas


def start() -> Ledger:
    """Contracts with a funded customer and three bonded providers."""
    tester = EthereumTester(PyEVMBackend())
    tester.time_travel(START)
    people = [Address(bytes.fromhex(account[2:])) for account in tester.get_accounts()]
    planned = plan(people[0], 0, pack=PACK, membership=MEMBERSHIP, terms=TERMS)
    created = [(name, _create(tester, people[0], c)) for name, c in zip(ORDER, planned.creations, strict=True)]
    ledger = Ledger(tester, contracts_at(planned.deployment(131277322940537, 0)), people)
    ledger.spent += [(f"create {name}", gas) for name, gas in created]
    contracts = ledger.contracts
    for person in people[1:5]:
        ledger.send(people[0], contracts.token.transfer(person, Cents(100_000)))
        ledger.send(person, contracts.token.approve(contracts.members.address, Cents(500)))
        ledger.send(person, contracts.members.bond(Cents(500)), "bond")
        registration = contracts.members.register(
            roles=PROVIDER,
            peer=PeerId(digest(f"peer {person.hex()}"[-9:])),
            encryption_key=EncryptionKey(digest("key")),
            expiry=UnixSeconds(START + TERM),
        )
        ledger.send(person, registration, "register")
    return ledger


def measure() -> dict[str, int]:
    """Gas of each action, and of the whole life of one order."""
    ledger = start()
    for count in (1, 8):
        _award(ledger, f"award of {count}", count)
    first = len(ledger.spent)
    _live(ledger)
    life = ledger.spent[first:]
    _quarrel(ledger)
    _leave(ledger)
    _vote(ledger)
    found = {name: gas for name, gas in ledger.spent if name}
    return {**found, LIFE: sum(gas for _, gas in life), "its transactions": len(life)}


def _live(ledger: Ledger) -> None:
    """Ten parts in three operations by three providers: from the sealed design to the last withdrawal."""
    contracts, (customer, *shops) = ledger.contracts, ledger.people[1:5]
    commitment = commitment_of(
        chain=131277322940537,
        registry=contracts.designs.address,
        owner=customer,
        root=digest("root"),
        nonce=digest("nonce"),
    )
    ledger.commitment = commitment
    ledger.send(customer, contracts.designs.seal(commitment), "seal a design")
    _award(ledger, "award of 3", OPERATIONS, commitment)
    ledger.send(customer, contracts.designs.open(commitment, digest("root"), digest("nonce")), "open a commitment")
    for number, shop in enumerate(shops):
        package = digest(f"package {number}")
        expiry = UnixSeconds(START + TERM)
        grant = contracts.designs.license(commitment, package=package, licensee=shop, units=PARTS, expiry=expiry)
        ledger.send(customer, grant, "license")
        licence = contracts.designs.licence_id(owner=customer, commitment=commitment, package=package, licensee=shop)
        _work(ledger, shop, number, licence)
    for person in (customer, *shops):
        ledger.send(person, contracts.orders.withdraw(), "withdraw")


def _work(ledger: Ledger, shop: Address, number: int, licence: Digest) -> None:
    contracts, customer, job, evidence = ledger.contracts, ledger.people[1], _job("award of 3"), digest("evidence")
    ledger.send(shop, contracts.orders.accept(job, number), "accept")
    ledger.send(shop, contracts.provenance.anchor(evidence, PARTS), "anchor, first")
    ledger.send(shop, contracts.designs.record(licence, PARTS, evidence), "record of a licensed unit")
    ledger.send(shop, contracts.orders.attest(job, number, evidence), "attest")
    ledger.send(customer, contracts.orders.approve(job, number), "approve")
    if number == OPERATIONS - 1:
        ledger.send(shop, contracts.provenance.anchor(digest("more"), PARTS), "anchor, warm")


def _award(ledger: Ledger, name: str, count: int, design: Digest | None = None) -> None:
    contracts, (customer, *shops) = ledger.contracts, ledger.people[1:5]
    terms = Opening(
        budget=Cents(20_000),
        call=digest("call"),
        design=design or digest("design"),
        pack=PACK.digest,
        deadline=UnixSeconds(START + TERM),
        late=BasisPoints(100),
    )
    ledger.send(customer, contracts.token.approve(contracts.orders.address, terms.budget), "approve the budget")
    ledger.send(customer, contracts.orders.open(_job(name), terms), "open an order")
    due = UnixSeconds(START + TERM // 2)
    winners = [Winner(provider=shops[n % 3], price=Cents(1234), units=PARTS, due=due) for n in range(count)]
    ledger.send(customer, contracts.orders.award(_job(name), digest("transcript"), winners), name)


def _quarrel(ledger: Ledger) -> None:
    """One assignment is disputed and settled, another declined and replaced, a third order called off."""
    contracts, (customer, shop, other, *_), evidence = ledger.contracts, ledger.people[1:5], digest("evidence")
    job, orders = _job("award of 8"), contracts.orders
    ledger.send(shop, orders.accept(job, 0))
    ledger.send(shop, orders.attest(job, 0, evidence))
    ledger.send(customer, orders.dispute(job, 0, evidence), "dispute")
    ledger.send(customer, contracts.disputes.propose(job, 0, BasisPoints(5000)), "offer a share")
    ledger.send(shop, contracts.disputes.propose(job, 0, BasisPoints(5000)), "settle a dispute")
    ledger.send(other, orders.decline(job, 1), "decline")
    due = UnixSeconds(START + TERM // 2)
    replaced = Winner(provider=shop, price=Cents(1234), units=PARTS, due=due)
    ledger.send(customer, orders.reaward(job, 1, digest("transcript"), replaced), "re-award")
    licence = contracts.designs.licence_id(
        owner=customer,
        commitment=ledger.commitment,
        package=digest("package 0"),
        licensee=shop,
    )
    ledger.send(shop, contracts.passports.issue(licence, 1, digest("head")), "issue a passport")


def _leave(ledger: Ledger) -> None:
    """A provider gives up its role and begins to take its bond out."""
    contracts, shop = ledger.contracts, ledger.people[4]
    ledger.send(shop, contracts.members.revoke(), "revoke")
    ledger.send(shop, contracts.members.unbond(Cents(500)), "unbond")


def _vote(ledger: Ledger) -> None:
    """The rules change, and the fund takes its fees in."""
    contracts, (shop, other) = ledger.contracts, ledger.people[2:4]
    actions, text = (contracts.rules.adopt(replace(PACK, version=2)),), "the same again"
    filed = Filed(proposer=shop, actions=actions, description=text, start=UnixSeconds(0), end=UnixSeconds(0))
    ledger.send(shop, contracts.governor.propose(actions, text), "propose")
    ledger.wait(TERMS.delay + 1)
    ledger.send(shop, contracts.governor.vote(filed.id, Choice.FOR), "vote")
    ledger.send(other, contracts.governor.vote(filed.id, Choice.FOR))
    ledger.wait(TERMS.period + 1)
    ledger.send(shop, contracts.governor.queue(filed), "queue")
    ledger.wait(TERMS.timelock + 1)
    ledger.send(shop, contracts.governor.execute(filed), "execute")
    ledger.send(shop, contracts.treasury.collect(contracts.orders.address), "collect")
    ledger.send(shop, contracts.rules.call_pause(), "call a pause")


def _job(name: str) -> JobId:
    return JobId(digest(name))


def _create(tester: EthereumTester, sender: Address, creation: Creation) -> int:
    fields = {"from": "0x" + sender.hex(), "gas": 6_000_000, "data": "0x" + creation.payload.hex()}
    receipt = tester.get_transaction_receipt(tester.send_transaction(fields))
    assert receipt["status"] == 1
    return int(receipt["gas_used"])


def broken(found: dict[str, int], snapshot: dict[str, int]) -> list[str]:
    """What is over its bar or not as it was committed."""
    over = [f"{name}: {found[name]:,} gas, more than {bar:,}" for name, bar in BARS.items() if found[name] > bar]
    changed = [
        f"{name}: {found.get(name, 0):,} gas, was {snapshot.get(name, 0):,}; take a new snapshot if that is meant"
        for name in sorted(found.keys() | snapshot.keys())
        if found.get(name) != snapshot.get(name)
    ]
    return over + changed


def main() -> int:
    """Print the table."""
    found = measure()
    if "--write" in sys.argv:
        SNAPSHOT.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    print(f"{'action':<28} {'gas':>10} {'bar':>10} {'of one EAS attestation':>24}")
    for name, gas in found.items():
        if name not in (LIFE, "its transactions"):
            bar = f"{BARS[name]:,}" if name in BARS else ""
            print(f"{name:<28} {gas:>10,} {bar:>10} {gas / EAS_ATTESTATION:>23.0%}")
    life, count = found[LIFE], found["its transactions"]
    records = OPERATIONS * PARTS
    print(f"\nan order of {OPERATIONS} operations and {PARTS} parts, from seal to withdrawal, {records} step records:")
    print(f"{'here':<28} {life:>10,} gas in {count} transactions")
    print(
        f"{'one attestation each':<28} {count * EAS_ATTESTATION:>10,} gas, {count * EAS_ATTESTATION / life:.1f} times"
    )
    attested = (count + records) * EAS_ATTESTATION
    print(f"{'and one for each record':<28} {attested:>10,} gas, {attested / life:.1f} times")
    problems = broken(found, json.loads(SNAPSHOT.read_text()))
    print(*problems, sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
