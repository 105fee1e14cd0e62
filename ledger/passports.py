"""Passports of finished parts: tokens that point at a part's records and stay with its holder."""

from dataclasses import dataclass

from ledger.bindings import passports as abi
from ledger.types import Log, Reads, Transaction
from protocol.ids import Address, Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A part got its passport."""

    serial: Digest
    licence: Digest
    unit: int
    head: Digest


class Passports:
    """The ``Passports`` contract at one address; a passport's number is the part's serial."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def issue(self, licence: Digest, unit: int, head: Digest) -> Transaction:
        """Issue the passport of a unit that the sender recorded; ``head`` is the digest of its last record."""
        return self._to(abi.issue_call(licence, unit, head))

    def unlock(self, serial: Digest) -> Transaction:
        """Let a passport of the sender's change hands."""
        return self._set(serial, locked=False)

    def lock(self, serial: Digest) -> Transaction:
        """Bind a passport of the sender's to it again."""
        return self._set(serial, locked=True)

    def transfer(self, serial: Digest, holder: Address, to: Address) -> Transaction:
        """Give an unlocked passport of the sender's, ``holder``, to another."""
        return self._to(abi.transfer_from_call(holder, to, int.from_bytes(serial, "big")))

    def holder(self, chain: Reads, serial: Digest) -> Address:
        """Who has the passport.

        Raises:
            RevertedError: there is none.
        """
        number = int.from_bytes(serial, "big")
        return Address(abi.owner_of_result(chain.call(self.address, abi.owner_of_call(number))))

    def locked(self, chain: Reads, serial: Digest) -> bool:
        """Whether the passport is bound to its holder.

        Raises:
            RevertedError: there is none.
        """
        number = int.from_bytes(serial, "big")
        return abi.locked_result(chain.call(self.address, abi.locked_call(number)))

    def head(self, chain: Reads, serial: Digest) -> Digest:
        """The digest of the part's last record; zero without a passport."""
        number = int.from_bytes(serial, "big")
        return Digest(abi.head_of_result(chain.call(self.address, abi.head_of_call(number))))

    def decode(self, log: Log) -> Issued | None:
        """The event in ``log``, or None when it is another contract's or not known here."""
        if log.address != self.address or log.topics[0] != abi.ISSUED_TOPIC:
            return None
        event = abi.issued_event(log.topics, log.payload)
        return Issued(
            serial=Digest(event.token_id.to_bytes(32, "big")),
            licence=Digest(event.licence),
            unit=event.number,
            head=Digest(event.head),
        )

    def _set(self, serial: Digest, *, locked: bool) -> Transaction:
        return self._to(abi.set_locked_call(int.from_bytes(serial, "big"), locked))

    def _to(self, payload: bytes) -> Transaction:
        return Transaction(to=self.address, payload=payload)
