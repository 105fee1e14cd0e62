"""Who belongs to the federation: account, peer, encryption key and roles, as the ledger holds them."""

from dataclasses import dataclass

from ledger.bindings import members as abi
from ledger.types import Log, Reads, Transaction
from protocol.ids import Address, EncryptionKey, PeerId

PROVIDER, CUSTOMER, AUDITOR, STEWARD = 1, 2, 4, 8

ROLES: dict[str, int] = {"provider": PROVIDER, "customer": CUSTOMER, "auditor": AUDITOR, "steward": STEWARD}
"""A member's roles are a sum of these."""

_NOBODY = bytes(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One registration."""

    peer: PeerId
    encryption_key: EncryptionKey
    roles: int
    epoch: int
    """Rises by one with each registration of the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An account registered, or replaced its registration."""

    account: Address
    peer: PeerId
    encryption_key: EncryptionKey
    roles: int
    epoch: int


class Members:
    """The ``Members`` contract at one address."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def register(self, *, roles: int, peer: PeerId, encryption_key: EncryptionKey) -> Transaction:
        """Register the sender."""
        return Transaction(to=self.address, payload=abi.register_call(roles, peer, encryption_key))

    def member(self, chain: Reads, account: Address) -> Member | None:
        """The registration of ``account``, or None."""
        found = abi.member_of_result(chain.call(self.address, abi.member_of_call(account)))
        if found.epoch == 0:
            return None
        return Member(
            peer=PeerId(found.peer),
            encryption_key=EncryptionKey(found.encryption_key),
            roles=found.roles,
            epoch=found.epoch,
        )

    def account_of(self, chain: Reads, peer: PeerId) -> Address | None:
        """The account that registered ``peer``, or None."""
        found = abi.account_of_result(chain.call(self.address, abi.account_of_call(peer)))
        return None if found == _NOBODY else Address(found)

    def decode(self, log: Log) -> Registered | None:
        """The event in ``log``, or None when it is another contract's."""
        if log.address != self.address or log.topics[0] != abi.REGISTERED_TOPIC:
            return None
        event = abi.registered_event(log.topics, log.payload)
        return Registered(
            account=Address(event.account),
            peer=PeerId(event.peer),
            encryption_key=EncryptionKey(event.encryption_key),
            roles=event.roles,
            epoch=event.epoch,
        )
