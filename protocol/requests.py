"""What peers ask each other on streams; small, typed, and answered with bytes or a refusal."""

from dataclasses import dataclass
from enum import Enum

from protocol.ids import Digest, JobId
from protocol.profile import Profile
from protocol.record import LoggedRecord
from protocol.signed import Signed
from protocol.units import Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessRequest:
    """A bidder shows a witness what it has said; answered with a ``Receipt`` signed under ``receipt/1``."""

    topic: str
    """``commitment/1`` or ``reveal/1``."""

    message: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What would be gossiped if its auction were public, told by its author to one peer; answered with nothing."""

    topic: str
    """That it would be gossiped on."""

    message: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRequest:
    """Asks a customer how the auction of ``job`` ended; answered with the signed ``Result``."""

    job: JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementRequest:
    """A maker asks the customer who stands in for whom; answered with the signed ``Replacement``."""

    job: JobId
    transcript: Digest
    """Its leaf hash, as the order on the ledger has it."""


class Trouble(Enum):
    """Why a maker does not make an assignment where, or at all, as was promised."""

    MACHINE = "machine"
    """The machine is out of service."""

    OWNER = "owner"
    """Its owner gave it back."""


class Remedy(Enum):
    """What a maker does about it."""

    MOVED = "moved"
    """Another machine of the shop makes it, within what was promised."""

    GIVEN_BACK = "given back"
    """It leaves it to somebody else; its word on the ledger follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """A maker tells its customer what became of assignment ``index``; answered with no bytes. It binds nobody."""

    job: JobId
    index: int
    tenure: int
    """Which replacement brought it to its maker; 0 is the award."""

    trouble: Trouble
    remedy: Remedy
    number: int
    """How often the assignment was moved before in this tenure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInRequest:
    """A customer asks a bidder of an auction to stand in; answered with a signed ``Reply``."""

    replacement: Signed
    """That it is to agree to."""

    earlier: tuple[Signed, ...]
    """The order's replacements before, in the order in which the ledger took them: who lost was told of none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrenderRequest:
    """A customer asks a maker for how much it would give an assignment up; answered with a ``SurrenderPrice``."""

    job: JobId
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrenderPrice:
    """For how much; it binds nobody, for a maker gives an assignment up by its own transaction alone."""

    compensation: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRequest:
    """A winner asks for what ``operation`` needs, and signs this; answered with a signed ``PackageDelivery``."""

    job: JobId
    operation: int
    key: bytes
    """Public half of a release key made for this package (``protocol.release``)."""

    profile: Profile | None
    """The machine that machine code is wanted for; None asks for the package as it was sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsRequest:
    """A party of the job asks a provider for its records of assignment ``index``; answered with ``Records``."""

    job: JobId
    index: int
    first: int
    """Records before this one are there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Step records of one assignment, by operation, then by part; the customer sees all fields, other parties some."""

    total: int
    """Records of the whole assignment."""

    certificates: tuple[bytes, ...]
    """Of the machines that signed; DSSE envelopes."""

    note: bytes
    """Checkpoint of the provider's log, with cosignatures, under which the records stand."""

    records: tuple[LoggedRecord, ...]
    """From the first that was asked for; at most ``MAX_RECORDS``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyRequest:
    """Asks a provider to prove that its log only grew from ``old`` to ``new``; answered with ``Consistency``."""

    old: int
    """Entries; at least 0."""

    new: int
    """Entries; no fewer than ``old``, no more than the log has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """RFC 9162 consistency proof."""

    proof: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRequest:
    """An auditor asks a customer for the evidence of the part marked ``serial``; answered with a ``Parcel``."""

    serial: Digest
    lot: bool
    """Of all parts of its job at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Something too large for one answer: the asker may fetch it, chunk by chunk, for some time."""

    content: Digest
    """Its name (``protocol.content``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherRequest:
    """Asks a node for its word on blocks of its chain; answered with a signed ``Voucher`` for those that it has."""

    numbers: tuple[int, ...]
    """Ascending, at most ``MAX_VOUCHED``."""
