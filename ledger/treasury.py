"""The commons fund, as the ledger holds it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.bindings import treasury as abi
from ledger.types import Reads, Transaction
from protocol.ids import Address, Digest
from protocol.units import Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one contributor gets of the fund."""

    account: Address
    amount: Cents


class Treasury:
    """The ``Treasury`` contract at one address."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def fund(self, chain: Reads) -> Cents:
        """What the members may decide about."""
        return Cents(abi.totals_result(chain.call(self.address, abi.totals_call())).locked)

    def credit(self, chain: Reads, account: Address) -> Cents:
        """What ``account`` may withdraw of it."""
        return Cents(abi.credit_result(chain.call(self.address, abi.credit_call(account))))

    def collect(self, source: Address) -> Transaction:
        """Fetch the fund's credit from the escrow at ``source``."""
        return Transaction(to=self.address, payload=abi.collect_call(source))

    def share(self, shares: Sequence[Share], reason: Digest) -> Transaction:
        """Share out of the fund; only the governor may."""
        rows: list[tuple[bytes, int]] = [(share.account, int(share.amount)) for share in shares]
        return Transaction(to=self.address, payload=abi.share_call(rows, reason))

    def withdraw(self) -> Transaction:
        """Send the sender its credit."""
        return Transaction(to=self.address, payload=abi.withdraw_call())
