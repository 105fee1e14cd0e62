"""Parts' evidence as one canonical file: everything an auditor needs beside trusted block hashes.

The wire form (``protocol.wire``) is the file; ``docs/reference/bundle.md`` describes it for other implementations.
A bundle is about one part, or about several of one job, which then share everything but their records.
"""

from dataclasses import dataclass

from ledger.deployment import Deployment
from ledger.proofs import BlockProof
from protocol.errors import RejectError
from protocol.ids import Address, Digest
from protocol.record import LoggedRecord
from protocol.replacement import Replacement
from protocol.rules import RulePack
from protocol.signed import Signed
from protocol.wire import decode

FORMAT = "guildmark/bundle/5"
"""First value of the file; the ordinal changes with any section's layout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """The contracts that the evidence is about."""

    chain: int
    """Chain id (EIP-155)."""

    members: Address
    designs: Address
    provenance: Address
    orders: Address
    passports: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The public half of the sealed design."""

    root: Digest
    """Root of the sealed design's packages."""

    nonce: bytes
    """Blinds the root in the commitment."""

    packages: tuple[Digest, ...]
    """Leaf hashes of all packages, the design file's first, then of the padding: their root is ``root``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation on one part."""

    logged: LoggedRecord
    """The machine's record, with the fields that its holder shows, and its place in its provider's log."""

    assignment: int
    """Which assignment of the award the operation belongs to."""

    index: int
    """Position of the record in the assignment's evidence tree."""

    size: int
    """Records in that tree."""

    proof: tuple[Digest, ...]
    """RFC 9162 inclusion proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is one part's own."""

    number: int
    """Of the part in its job, from 1."""

    unit: int
    """Which unit of the last operation's licence the part's serial was minted for."""

    steps: tuple[Step, ...]
    """In routing order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Evidence of parts of one job."""

    format: str
    """``FORMAT``."""

    federation: Federation
    rules: RulePack
    """Whose digest stands in the call and in the order."""

    design: Design
    auction: bytes
    """The transcript file (``protocol.transcript``) of the award; whoever has it can compute the award again."""

    replacements: tuple[Replacement, ...]
    """Makers that stood in for others after the award, in the order in which the ledger named them."""

    tenders: tuple[bytes, ...]
    """The transcript file of the tender of each improvement among them, in the same order."""

    certificates: tuple[bytes, ...]
    """Of the machines that signed the steps; ascending."""

    notes: tuple[bytes, ...]
    """For each assignment the checkpoint of its provider's log, with cosignatures, under which its records stand."""

    consistency: tuple[tuple[Digest, ...], ...]
    """For each note the RFC 9162 consistency proof from the next smaller note of the same log; empty where there is
    none, or where the provider did not give it."""

    parts: tuple[Part, ...]
    """By number, ascending; at least one."""

    blocks: tuple[BlockProof, ...]
    """The ledger's events about members, design, order, licences, evidence and serials, and the licences', anchors' and
    passports' state in the latest of the blocks; by block, ascending."""

    vouchers: tuple[Signed, ...]
    """Nodes' words that blocks are the chain's (``blocks/1``), by signer, ascending."""


def federation_of(deployment: Deployment) -> Federation:
    """What a bundle about a deployed federation names."""
    return Federation(
        chain=deployment.chain_id,
        members=deployment.members,
        designs=deployment.designs,
        provenance=deployment.provenance,
        orders=deployment.orders,
        passports=deployment.passports,
    )


def open_bundle(content: bytes) -> Bundle:
    """The bundle in a file.

    Raises:
        RejectError: it is none, of another format, or not in its one form.
    """
    bundle = decode(Bundle, content)
    if bundle.format != FORMAT:
        raise RejectError(f"the format is {bundle.format!r}, not {FORMAT!r}")
    if bundle.federation.chain < 0:
        raise RejectError("a chain's id is out of bounds")
    numbers = [part.number for part in bundle.parts]
    if not numbers or numbers != sorted(set(numbers)):
        raise RejectError("parts are missing, twice there or out of order")
    if len({part.unit for part in bundle.parts}) < len(numbers):
        raise RejectError("two parts bear one serial")
    return bundle
