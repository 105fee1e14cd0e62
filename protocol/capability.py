"""What a provider claims its machines can do, and whether that covers an operation, with the failing interval."""

from dataclasses import dataclass

from protocol.errors import RejectError
from protocol.ids import Address, EncryptionKey, MachineId, MaterialCode, PeerId, ProcessCode
from protocol.job import BidView, Envelope, Operation, Site
from protocol.params import CARD_LIFETIME, MAX_CLOCK_SKEW, MAX_PRICE, MAX_TEXT, PROCESSES
from protocol.units import Cents, Grams, Micrometres, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One virtual machine's reach."""

    machine: MachineId
    process: ProcessCode
    materials: tuple[MaterialCode, ...]
    """Designations that it works, compared exactly."""

    envelope: Envelope
    """Largest box it takes."""

    tolerance: Micrometres
    """Tightest full width that it holds."""

    max_mass: Grams
    """Heaviest part that it takes."""

    hour: Cents | None = None
    """What an hour is asked for, as a first indication that binds nobody; None where the owner does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A provider's signed announcement of itself and its machines (gossip topic ``card/1``)."""

    provider: PeerId
    account: Address
    """Its address on the ledger."""

    name: str
    """What people call it."""

    encryption_key: EncryptionKey
    addresses: tuple[str, ...]
    """Where its node can be dialled (multiaddr)."""

    site: Site
    capabilities: tuple[Capability, ...]
    issued: UnixSeconds
    """Wall time; a later card replaces an earlier one."""

    expires: UnixSeconds
    """Wall time; afterwards the card is void."""


def shortfall(capability: Capability, operation: Operation, part: BidView) -> str | None:
    """Why ``capability`` cannot take ``operation`` of ``part``, or None when it can."""
    if capability.process != operation.process:
        return f"works {PROCESSES.get(capability.process, capability.process)}, not {PROCESSES[operation.process]}"
    if part.material not in capability.materials:
        return f"does not work {part.material}"
    if not operation.envelope.fits(capability.envelope):
        return f"takes {_box(capability.envelope)}, not {_box(operation.envelope)}"
    if operation.tolerance < capability.tolerance:
        return f"holds {capability.tolerance} um, not {operation.tolerance} um"
    if operation.mass > capability.max_mass:
        return f"takes {capability.max_mass} g, not {operation.mass} g"
    return None


def covers(capability: Capability, operation: Operation, part: BidView) -> bool:
    """Whether ``capability`` can take ``operation`` of ``part``."""
    return shortfall(capability, operation, part) is None


def accept_card(card: Card, *, signer: PeerId, now: UnixSeconds) -> None:
    """Decide whether ``card`` enters the directory; ``now`` is wall time.

    Raises:
        RejectError: not signed by its provider, lives longer than ``CARD_LIFETIME``, issued in the future, an
            unknown process, a price out of bounds, a text too long, or a machine listed twice.
    """
    if card.provider != signer:
        raise RejectError("card is not signed by its provider")
    if not card.issued < card.expires <= card.issued + CARD_LIFETIME:
        raise RejectError("card's lifetime is out of bounds")
    if card.issued > now + MAX_CLOCK_SKEW:
        raise RejectError("card is issued in the future")
    if len(card.name) > MAX_TEXT or any(len(address) > MAX_TEXT * 2 for address in card.addresses):
        raise RejectError("a text is too long")
    if len({capability.machine for capability in card.capabilities}) != len(card.capabilities):
        raise RejectError("a machine is listed twice")
    if any(capability.hour is not None and not 0 < capability.hour <= MAX_PRICE for capability in card.capabilities):
        raise RejectError("an hour's price is out of bounds")
    if any(capability.process not in PROCESSES for capability in card.capabilities):
        raise RejectError("unknown process")


def _box(envelope: Envelope) -> str:
    return f"{envelope.length / 1000:g} x {envelope.width / 1000:g} x {envelope.height / 1000:g} mm"
