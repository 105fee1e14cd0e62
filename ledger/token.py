"""The settlement token: an ERC-20 whose unit is one cent."""

from ledger.bindings import settlement_token as abi
from ledger.types import Reads, Transaction
from protocol.ids import Address
from protocol.units import Cents


class Token:
    """The token at one address."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def approve(self, spender: Address, amount: Cents) -> Transaction:
        """Let ``spender`` take up to ``amount`` from the sender."""
        return Transaction(to=self.address, payload=abi.approve_call(spender, amount))

    def transfer(self, to: Address, amount: Cents) -> Transaction:
        """Give ``amount`` to another account."""
        return Transaction(to=self.address, payload=abi.transfer_call(to, amount))

    def transfer_from(self, owner: Address, to: Address, amount: Cents) -> Transaction:
        """Take ``amount`` that ``owner`` has let the sender take."""
        return Transaction(to=self.address, payload=abi.transfer_from_call(owner, to, amount))

    def balance(self, chain: Reads, account: Address) -> Cents:
        """What ``account`` holds."""
        return Cents(abi.balance_of_result(chain.call(self.address, abi.balance_of_call(account))))
