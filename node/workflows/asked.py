"""A provider asked to stand in for another: what is asked, what is answered, and how far the search has come."""

from dataclasses import dataclass

from protocol.ids import Digest, PeerId
from protocol.replacement import Cause, Replacement
from protocol.units import UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstituteAnswered:
    """Whether the provider that was asked makes the assignment; silence is a no."""

    replacement: Digest
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSubstitute:
    """Ask a provider whether it makes what another does not; ``message`` is the ``Replacement``."""

    key: str
    provider: PeerId
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The search for another maker of one assignment."""

    index: int
    cause: Cause
    ready: UnixSeconds
    """Plant time from which the parts can be fetched."""

    passed: tuple[PeerId, ...] = ()
    """Who said no, or nothing."""

    asked: Replacement | None = None
    agreed: bool = False
    tries: int = 0
    """How often the ledger found it too early."""
