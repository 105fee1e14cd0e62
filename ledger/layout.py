"""Where the contracts keep what an auditor asks of their storage, so that ``eth_getProof`` can answer it.

A Solidity mapping at place ``p`` keeps the value of key ``k`` at Keccak-256(k || p), both as 32-byte words; a struct
takes consecutive words and packs small fields from the low end. ``tests/ledger/test_layout.py`` holds these places
against the contracts' own views, so a changed contract cannot go unnoticed.
"""

from dataclasses import dataclass

from eth_utils.crypto import keccak

from protocol.ids import Address, Digest

LICENCES = 2
"""Place of ``Designs._licences``."""

HEADS = 0
"""Place of ``Provenance._histories``."""

MEMBERS = 10
"""Place of ``Members._members``; roles, epoch, expiry and bond share the third word of a member."""

PASSPORTS = 6
"""Place of ``Passports.headOf``."""

_ADDRESS_BITS, _COUNT_BITS = 160, 32
_COUNT = (1 << _COUNT_BITS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceWord:
    """The first word of a licence: what changes after it was granted."""

    owner: Address
    units: int
    """Licensed at most."""

    made: int
    """Recorded so far."""

    revoked: bool


def licence_slot(licence: Digest) -> bytes:
    """Where ``Designs`` keeps the first word of a licence."""
    return _at(licence, LICENCES)


def licence_of(word: int) -> LicenceWord:
    """What the first word of a licence says; all zero when it was never granted."""
    counts = word >> _ADDRESS_BITS
    return LicenceWord(
        owner=Address((word & ((1 << _ADDRESS_BITS) - 1)).to_bytes(20, "big")),
        units=counts & _COUNT,
        made=counts >> _COUNT_BITS & _COUNT,
        revoked=bool(counts >> 2 * _COUNT_BITS & 1),
    )


def head_slot(publisher: Address) -> bytes:
    """Where ``Provenance`` keeps a publisher's rolling head and how many records it has anchored."""
    return _at(bytes(12) + publisher, HEADS)


def anchored_of(word: int) -> int:
    """How many records a publisher has anchored; the low 64 bits, below the head."""
    return word & ((1 << 64) - 1)


def member_slot(account: Address) -> bytes:
    """Where ``Members`` keeps the roles and the epoch of an account."""
    return (int.from_bytes(_at(bytes(12) + account, MEMBERS), "big") + 2).to_bytes(32, "big")


def epoch_of(word: int) -> int:
    """How often an account has registered or left; the 64 bits above the roles."""
    return word >> 8 & ((1 << 64) - 1)


def passport_slot(serial: Digest) -> bytes:
    """Where ``Passports`` keeps what a part's passport points at; zero while there is none."""
    return _at(serial, PASSPORTS)


def _at(key: bytes, place: int) -> bytes:
    return keccak(key + place.to_bytes(32, "big"))
