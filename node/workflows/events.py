"""Events and effects that more than one workflow knows: what the ledger said, and what is asked of the outside."""

from dataclasses import dataclass

from ledger.types import Transaction
from protocol.ids import Address, Digest
from protocol.record import LoggedRecord
from protocol.signed import Signed
from protocol.units import NOTHING, Cents, UnixSeconds

LONG_AGO = UnixSeconds(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOpened:
    """The order stands on the ledger and its escrow is funded."""

    budget: Cents
    at: UnixSeconds
    """Wall time at which this node learned it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BidBonded:
    """A bidder staked the order's bond on opening ``seal`` in time."""

    bidder: Address
    seal: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class BondEnded:
    """A bidder's bond has left the order."""

    bidder: Address
    how: str
    """``revealed``, ``forfeited`` or ``returned``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationAssigned:
    """The ledger holds the award of assignment ``index``."""

    index: int
    provider: Address
    price: Cents
    at: UnixSeconds = LONG_AGO
    """Wall time at which this node learned it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationAccepted:
    """Its provider took assignment ``index`` on."""

    index: int
    provider: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDeclined:
    """Its provider gave assignment ``index`` back."""

    index: int
    provider: Address
    at: UnixSeconds
    """Wall time at which this node learned it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationReawarded:
    """Assignment ``index`` gets another provider, who is named next; ``transcript`` is the replacement's leaf hash."""

    index: int
    transcript: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationAttested:
    """Its provider says that assignment ``index`` is done, and on what evidence."""

    index: int
    provider: Address
    evidence: Digest
    at: UnixSeconds
    """Wall time at which this node learned it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationApproved:
    """Assignment ``index`` is paid."""

    index: int
    paid: Cents
    fee: Cents
    damages: Cents = NOTHING
    """What lateness gave back to the customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDisputed:
    """The customer objects to assignment ``index``; its money stays locked until that is settled."""

    index: int
    evidence: Digest
    at: UnixSeconds
    """Wall time at which this node learned it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRefunded:
    """What assignment ``index`` gave back to the customer: a dispute was decided, or it was never attested."""

    index: int
    refunded: Cents
    paid: Cents
    fee: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsRecorded:
    """Serials ``first`` to ``last`` were minted under ``licence``."""

    licence: Digest
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassportIssued:
    """The part with that serial has a passport, which points at its last record."""

    licence: Digest
    serial: Digest
    head: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEnded:
    """The order is terminal on the ledger."""

    how: str
    """``settled``, ``cancelled`` or ``expired``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """One transaction of a ``Submit`` is final."""

    effect: str
    """Key of the ``Submit``."""

    gas: int
    error: str
    """Name of the contract's refusal; empty when it was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Woke:
    """A moment asked for with ``WakeAt`` has come."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsArrived:
    """The signed step records of assignment ``index``, as its provider handed them out."""

    index: int
    certificates: tuple[bytes, ...]
    """Of the machines that signed."""

    note: bytes
    """Checkpoint of the provider's log, with cosignatures, under which the records stand."""

    records: tuple[LoggedRecord, ...]
    """By operation, then by part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Put transactions on the ledger, in order; each comes back as ``Mined``."""

    key: str
    transactions: tuple[Transaction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Say something signed to everybody, again and again until ``until`` (wall time)."""

    key: str
    topic: str
    message: bytes
    until: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RollArrived:
    """The customer closed the auction; accepted under ``accept_roll``."""

    roll: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeAt:
    """Come back at ``at`` (wall time) with ``Woke(key)``."""

    key: str
    at: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRecords:
    """Ask the provider at ``account`` for the records of assignment ``index`` until they come."""

    key: str
    index: int
    account: Address


SHARED_EVENTS = (
    OrderOpened,
    BidBonded,
    BondEnded,
    OperationAssigned,
    OperationAccepted,
    OperationDeclined,
    OperationReawarded,
    OperationAttested,
    OperationApproved,
    OperationDisputed,
    OperationRefunded,
    UnitsRecorded,
    PassportIssued,
    OrderEnded,
    Mined,
    Woke,
    RecordsArrived,
    RollArrived,
)
