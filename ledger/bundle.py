"""One part's evidence as one canonical file: everything an auditor needs beside a trusted block hash."""

from dataclasses import dataclass

from ledger.proofs import LogProof
from protocol.ids import Digest
from protocol.signed import Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation on the part."""

    record: Signed
    """The provider's signed ``StepRecord``."""

    assignment: int
    """Which assignment of the award the operation belongs to."""

    index: int
    """Position of the record in the assignment's evidence tree."""

    size: int
    """Records in that tree."""

    proof: tuple[Digest, ...]
    """RFC 9162 inclusion proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Evidence of one part; the wire form is the file."""

    version: int
    """1."""

    part: int
    """Number of the part in its job."""

    unit: int
    """Which unit of the last operation's licence the part's serial was minted for."""

    call: Signed
    root: Digest
    """Root of the sealed design's packages."""

    nonce: bytes
    """Blinds the root in the commitment."""

    packages: tuple[Digest, ...]
    """Leaf hashes of all packages, the design file's first: their root is ``root``."""

    commitments: tuple[Signed, ...]
    reveals: tuple[Signed, ...]
    result: Signed
    steps: tuple[Step, ...]
    """In routing order."""

    logs: tuple[LogProof, ...]
    """The ledger's events about members, design, order, licences, evidence and serials, each proven into its block."""
