"""What leaves a customer's node of a design, who holds its keys, and how that ends: events, and nothing else."""

from dataclasses import dataclass

from protocol.ids import Digest, PeerId
from protocol.signed import Signed
from protocol.units import UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """Machine code as it left this node, so that a leaked file leads to whom it was issued to."""

    files: tuple[Digest, ...]
    """SHA-256 of each program."""

    mark: int
    """The fingerprint in them (``node.machine_code.mark``)."""

    exposure: int
    reason: str
    """What the code still reveals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReleased:
    """A winner received its package; who has what of a design is never a question."""

    operation: int
    provider: bytes
    at: UnixSeconds
    request: Signed
    """The winner's own request, with its release key and its machine: it cannot deny having asked."""

    issued: Issued | None
    """The machine code that went out; None when the sealed package did."""

    note: str
    """Why there was no machine code for the winner's machine; empty when none was asked for, or there was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageTaken:
    """Somebody began to fetch a package's ciphertext, which opens under its key alone."""

    package: int
    """0 is the design file, which nobody fetches."""

    peer: PeerId
    """Its winner, or a juror."""

    at: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrustKeys:
    """Share the keys of the job's packages among auditors."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysEntrusted:
    """Auditors hold the keys of the job's packages, so many of them together; or nobody does, and why."""

    holders: tuple[PeerId, ...]
    threshold: int
    at: UnixSeconds
    note: str = ""
    """Why nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicencesRevoked:
    """The customer ends every licence of the job: nothing more is released, and the ledger mints no more serials."""

    by: str
    """Whose token asked."""

    at: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignCopied:
    """The design left the node in clear, encrypted for somebody."""

    recipient: str
    """An age public key."""

    by: str
    """Whose token asked."""

    at: UnixSeconds
