"""The rule pack in force, as the ledger holds it."""

from ledger.bindings import rules as abi
from ledger.types import Reads, Transaction
from protocol.ids import Address
from protocol.rules import RulePack
from protocol.units import BasisPoints, Cents, Seconds


class Rules:
    """The ``Rules`` contract at one address."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def pack(self, chain: Reads) -> RulePack:
        """The pack in force."""
        found = abi.pack_result(chain.call(self.address, abi.pack_call()))
        return RulePack(
            version=found.version,
            fee=BasisPoints(found.fee_bps),
            min_commit=Seconds(found.min_commit_seconds),
            min_reveal=Seconds(found.min_reveal_seconds),
            review=Seconds(found.review_seconds),
            dispute=Seconds(found.dispute_seconds),
            max_budget=Cents(found.max_budget_cents),
            carbon=Cents(found.carbon_cents_per_tonne),
        )

    def adopt(self, pack: RulePack) -> Transaction:
        """Put ``pack`` in force; only the governor may."""
        return Transaction(to=self.address, payload=abi.adopt_call(values_of(pack)))


def values_of(pack: RulePack) -> tuple[int, int, int, int, int, int, int, int]:
    """The pack as the contract's struct."""
    return (
        pack.version,
        pack.fee,
        pack.min_commit,
        pack.min_reveal,
        pack.review,
        pack.dispute,
        pack.max_budget,
        pack.carbon,
    )
