"""One part's evidence as one canonical file: everything an auditor needs beside a trusted block hash."""

from dataclasses import dataclass

from ledger.proofs import LogProof
from protocol.ids import Digest
from protocol.record import LoggedRecord
from protocol.signed import Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation on the part."""

    logged: LoggedRecord
    """The machine's record, with the fields that the auditor needs shown, and its place in its provider's log."""

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
    """2."""

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
    certificates: tuple[bytes, ...]
    """Of the machines that signed the steps."""

    notes: tuple[bytes, ...]
    """For each assignment the checkpoint of its provider's log under which its records stand."""

    steps: tuple[Step, ...]
    """In routing order."""

    logs: tuple[LogProof, ...]
    """The ledger's events about members, design, order, licences, evidence and serials, each proven into its block."""
