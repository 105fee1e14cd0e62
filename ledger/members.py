"""Who belongs to the federation: account, peer, encryption key, roles and bond, as the ledger holds them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.bindings import members as abi
from ledger.types import Log, Reads, Transaction
from protocol.ids import Address, Digest, EncryptionKey, PeerId
from protocol.membership import NO_PEER, Member
from protocol.units import Cents, UnixSeconds

_NOBODY = bytes(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An account registered, or replaced its registration."""

    account: Address
    peer: PeerId
    encryption_key: EncryptionKey
    roles: int
    epoch: int
    expiry: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """An account ended its registration."""

    account: Address
    peer: PeerId
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bonded:
    """An account put ``amount`` more at stake, ``bond`` in all."""

    account: Address
    amount: Cents
    bond: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbonding:
    """An account began to take ``amount`` out."""

    account: Address
    amount: Cents
    due: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbonded:
    """What an account took out is its own again."""

    account: Address
    amount: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Slashed:
    """The court took ``amount`` of a bond for ``beneficiary``."""

    account: Address
    evidence: Digest
    beneficiary: Address
    amount: Cents


MemberEvent = Registered | Revoked | Bonded | Unbonding | Unbonded | Slashed


class Members:
    """The ``Members`` contract at one address."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def register(self, *, roles: int, peer: PeerId, encryption_key: EncryptionKey, expiry: UnixSeconds) -> Transaction:
        """Register the sender, or rotate its keys and roles."""
        return self._to(abi.register_call(roles, peer, encryption_key, expiry))

    def revoke(self) -> Transaction:
        """End the sender's registration."""
        return self._to(abi.revoke_call())

    def bond(self, amount: Cents) -> Transaction:
        """Put tokens of the sender at stake."""
        return self._to(abi.bond_call(amount))

    def unbond(self, amount: Cents) -> Transaction:
        """Begin to take some of the sender's bond out."""
        return self._to(abi.unbond_call(amount))

    def release(self) -> Transaction:
        """Turn what has been on its way long enough into credit."""
        return self._to(abi.release_call())

    def withdraw(self) -> Transaction:
        """Take the sender's credit."""
        return self._to(abi.withdraw_call())

    def member(self, chain: Reads, account: Address) -> Member | None:
        """The registration of ``account``, or None."""
        found = self.stake(chain, account)
        return None if found.peer == NO_PEER else found

    def stake(self, chain: Reads, account: Address) -> Member:
        """What ``account`` has bonded, registered or not."""
        found = abi.member_of_result(chain.call(self.address, abi.member_of_call(account)))
        return Member(
            peer=PeerId(found.peer),
            encryption_key=EncryptionKey(found.encryption_key),
            roles=found.roles,
            epoch=found.epoch,
            expiry=UnixSeconds(found.expiry),
            bond=Cents(found.bond),
            unbonding=Cents(found.unbonding),
            due=UnixSeconds(found.due),
        )

    def minimum_bond(self, chain: Reads) -> Cents:
        """What a provider or auditor has at stake at least."""
        return Cents(abi.minimum_bond_result(chain.call(self.address, abi.minimum_bond_call())))

    def holds(self, chain: Reads, account: Address, role: int) -> bool:
        """Whether ``account`` may act in ``role`` now."""
        return abi.holds_result(chain.call(self.address, abi.holds_call(account, role)))

    def account_of(self, chain: Reads, peer: PeerId) -> Address | None:
        """The account that registered ``peer``, or None."""
        found = abi.account_of_result(chain.call(self.address, abi.account_of_call(peer)))
        return None if found == _NOBODY else Address(found)

    def decode(self, log: Log) -> MemberEvent | None:
        """The event in ``log``, or None when it is another contract's or not known here."""
        if log.address != self.address:
            return None
        read = _EVENTS.get(log.topics[0])
        return None if read is None else read(log.topics, log.payload)

    def _to(self, payload: bytes) -> Transaction:
        return Transaction(to=self.address, payload=payload)


def _registered(topics: tuple[bytes, ...], payload: bytes) -> Registered:
    event = abi.registered_event(topics, payload)
    return Registered(
        account=Address(event.account),
        peer=PeerId(event.peer),
        encryption_key=EncryptionKey(event.encryption_key),
        roles=event.roles,
        epoch=event.epoch,
        expiry=UnixSeconds(event.expiry),
    )


def _revoked(topics: tuple[bytes, ...], payload: bytes) -> Revoked:
    event = abi.revoked_event(topics, payload)
    return Revoked(account=Address(event.account), peer=PeerId(event.peer), epoch=event.epoch)


def _bonded(topics: tuple[bytes, ...], payload: bytes) -> Bonded:
    event = abi.bonded_event(topics, payload)
    return Bonded(account=Address(event.account), amount=Cents(event.amount), bond=Cents(event.bond))


def _unbonding(topics: tuple[bytes, ...], payload: bytes) -> Unbonding:
    event = abi.unbonding_event(topics, payload)
    return Unbonding(account=Address(event.account), amount=Cents(event.amount), due=UnixSeconds(event.due))


def _unbonded(topics: tuple[bytes, ...], payload: bytes) -> Unbonded:
    event = abi.unbonded_event(topics, payload)
    return Unbonded(account=Address(event.account), amount=Cents(event.amount))


def _slashed(topics: tuple[bytes, ...], payload: bytes) -> Slashed:
    event = abi.slashed_event(topics, payload)
    return Slashed(
        account=Address(event.account),
        evidence=Digest(event.evidence),
        beneficiary=Address(event.beneficiary),
        amount=Cents(event.amount),
    )


_EVENTS: dict[bytes, Callable[[tuple[bytes, ...], bytes], Any]] = {
    abi.REGISTERED_TOPIC: _registered,
    abi.REVOKED_TOPIC: _revoked,
    abi.BONDED_TOPIC: _bonded,
    abi.UNBONDING_TOPIC: _unbonding,
    abi.UNBONDED_TOPIC: _unbonded,
    abi.SLASHED_TOPIC: _slashed,
}
