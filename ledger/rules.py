"""The rule pack in force and the one under notice, as the ledger holds them, and the members' brake on new orders."""

from ledger.bindings import rules as abi
from ledger.types import Reads, Transaction
from protocol.ids import Address
from protocol.rules import RulePack
from protocol.units import BasisPoints, Cents, Seconds, UnixSeconds


class Rules:
    """The ``Rules`` contract at one address."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def pack(self, chain: Reads) -> RulePack:
        """The pack in force."""
        return _pack(abi.pack_result(chain.call(self.address, abi.pack_call())))

    def latest(self, chain: Reads) -> tuple[RulePack, UnixSeconds]:
        """The pack adopted last, and from when it is in force."""
        pack = abi.latest_result(chain.call(self.address, abi.latest_call()))
        effective = abi.effective_result(chain.call(self.address, abi.effective_call()))
        return _pack(pack), UnixSeconds(effective)

    def paused_until(self, chain: Reads) -> UnixSeconds:
        """New orders are refused before this moment; 0 if they never were."""
        return UnixSeconds(abi.paused_until_result(chain.call(self.address, abi.paused_until_call())))

    def adopt(self, pack: RulePack) -> Transaction:
        """Announce ``pack``; only the governor may."""
        return Transaction(to=self.address, payload=abi.adopt_call(values_of(pack)))

    def call_pause(self) -> Transaction:
        """Call for a pause of new orders, or join such a call."""
        return Transaction(to=self.address, payload=abi.call_pause_call())


def values_of(pack: RulePack) -> tuple[int, int, int, int, int, int, int, int, int, int, int, int, int, int]:
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
        pack.max_hour,
        pack.bid_bond,
        pack.dispute_fee,
        pack.notice,
        pack.processes,
        pack.premium,
    )


def _pack(found: abi.PackResult | abi.LatestResult) -> RulePack:
    return RulePack(
        version=found.version,
        fee=BasisPoints(found.fee_bps),
        min_commit=Seconds(found.min_commit_seconds),
        min_reveal=Seconds(found.min_reveal_seconds),
        review=Seconds(found.review_seconds),
        dispute=Seconds(found.dispute_seconds),
        max_budget=Cents(found.max_budget_cents),
        carbon=Cents(found.carbon_cents_per_tonne),
        max_hour=Cents(found.max_hour_cents),
        bid_bond=Cents(found.bid_bond_cents),
        dispute_fee=Cents(found.dispute_fee_cents),
        notice=Seconds(found.notice_seconds),
        processes=found.processes,
        premium=BasisPoints(found.premium_bps),
    )
