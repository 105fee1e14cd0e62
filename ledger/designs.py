"""Sealed designs, licences and serials, as the ledger holds them."""

from dataclasses import dataclass
from hashlib import sha256

from ledger.bindings import designs as abi
from ledger.layout import LicenceWord
from ledger.types import Log, Reads, Transaction
from protocol.ids import Address, Digest
from protocol.units import UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An owner committed to a design."""

    owner: Address
    commitment: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignOpened:
    """An owner disclosed the root behind a commitment."""

    owner: Address
    commitment: Digest
    root: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensed:
    """An owner licensed one package for a number of units."""

    licence: Digest
    owner: Address
    licensee: Address
    commitment: Digest
    package: Digest
    units: int
    expiry: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceRevoked:
    """An owner ended a licence."""

    licence: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Units ``first`` to ``last`` were made under a licence."""

    licence: Digest
    first: int
    last: int
    evidence: Digest


DesignEvent = Sealed | DesignOpened | Licensed | LicenceRevoked | Recorded


class Designs:
    """The ``Designs`` contract at one address."""

    def __init__(self, address: Address, *, chain_id: int) -> None:
        self.address = address
        self._chain_id = chain_id

    def seal(self, commitment: Digest) -> Transaction:
        """Commit to a design."""
        return Transaction(to=self.address, payload=abi.seal_call(commitment))

    def open(self, commitment: Digest, root: Digest, nonce: bytes) -> Transaction:
        """Disclose the root behind the sender's commitment."""
        return Transaction(to=self.address, payload=abi.open_call(commitment, root, nonce))

    def license(
        self, commitment: Digest, *, package: Digest, licensee: Address, units: int, expiry: UnixSeconds
    ) -> Transaction:
        """License one package of the sender's design."""
        payload = abi.license_call(commitment, package, licensee, units, expiry)
        return Transaction(to=self.address, payload=payload)

    def revoke(self, licence: Digest) -> Transaction:
        """End a licence that the sender granted."""
        return Transaction(to=self.address, payload=abi.revoke_call(licence))

    def record(self, licence: Digest, units: int, evidence: Digest) -> Transaction:
        """Count made units against a licence of the sender's."""
        return Transaction(to=self.address, payload=abi.record_call(licence, units, evidence))

    def licence_id(self, *, owner: Address, commitment: Digest, package: Digest, licensee: Address) -> Digest:
        """The identifier that the contract gives a licence."""
        where = self._chain_id.to_bytes(32, "big") + self.address
        return Digest(sha256(b"guildmark/licence/1" + where + owner + commitment + package + licensee).digest())

    @staticmethod
    def serial_id(licence: Digest, unit: int) -> Digest:
        """The mark of one unit made under a licence."""
        return Digest(sha256(b"guildmark/serial/1" + licence + unit.to_bytes(4, "big")).digest())

    def contains(  # what a package's proof consists of
        self, chain: Reads, owner: Address, commitment: Digest, leaf: Digest, index: int, size: int, proof: list[bytes]
    ) -> bool:
        """Whether a package is the one at ``index`` of a design that its owner opened."""
        call = abi.contains_call(owner, commitment, leaf, index, size, proof)
        return abi.contains_result(chain.call(self.address, call))

    def made(self, chain: Reads, licence: Digest) -> int:
        """Units recorded under a licence."""
        return abi.licence_of_result(chain.call(self.address, abi.licence_of_call(licence))).made

    def standing(self, chain: Reads, licence: Digest) -> LicenceWord:
        """What became of a licence since it was granted; all zero when it never was."""
        found = abi.licence_of_result(chain.call(self.address, abi.licence_of_call(licence)))
        return LicenceWord(
            owner=Address(found.owner), units=found.max_units, made=found.made, revoked=bool(found.revoked)
        )

    def decode(self, log: Log) -> DesignEvent | None:
        """The event in ``log``, or None when it is another contract's or not known here."""
        if log.address != self.address:
            return None
        match log.topics[0]:
            case abi.SEALED_TOPIC:
                seal = abi.sealed_event(log.topics, log.payload)
                return Sealed(owner=Address(seal.owner), commitment=Digest(seal.commitment))
            case abi.OPENED_TOPIC:
                opening = abi.opened_event(log.topics, log.payload)
                return DesignOpened(
                    owner=Address(opening.owner), commitment=Digest(opening.commitment), root=Digest(opening.root)
                )
            case abi.LICENSED_TOPIC:
                return _licensed(abi.licensed_event(log.topics, log.payload))
            case abi.REVOKED_TOPIC:
                return LicenceRevoked(licence=Digest(abi.revoked_event(log.topics, log.payload).licence))
            case abi.RECORDED_TOPIC:
                record = abi.recorded_event(log.topics, log.payload)
                return Recorded(
                    licence=Digest(record.licence),
                    first=record.first,
                    last=record.last,
                    evidence=Digest(record.evidence),
                )
        return None


def _licensed(event: abi.Licensed) -> Licensed:
    return Licensed(
        licence=Digest(event.licence),
        owner=Address(event.owner),
        licensee=Address(event.licensee),
        commitment=Digest(event.commitment),
        package=Digest(event.package),
        units=event.max_units,
        expiry=UnixSeconds(event.expiry),
    )
