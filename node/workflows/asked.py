"""A provider asked to stand in for another: what both sides ask, answer and keep of it."""

from dataclasses import dataclass

from protocol.ids import Digest, PeerId
from protocol.replacement import Cause, Replacement
from protocol.requests import Trouble
from protocol.signed import Signed
from protocol.units import UnixSeconds

STAND_IN = "stand-in/"
"""Wakes whoever was asked to stand in and has not been named; the question's digest follows."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstituteTaken:
    """The customer asked us to stand in for another provider, and the machine's time is kept until ``until``."""

    replacement: Signed
    until: UnixSeconds
    """Wall time."""

    earlier: tuple[Signed, ...] = ()
    """The order's replacements before, as the customer told them with its question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementArrived:
    """The customer told who stands in for whom, as the ledger holds it."""

    replacement: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """The owner gives assignments back that are not done."""

    indexes: tuple[int, ...]
    reason: str
    """In the owner's words, or the machine's; it stays on this node."""

    cause: Trouble = Trouble.OWNER
    """What the customer is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReplacement:
    """Ask the customer who stands in for whom, until it says what the ledger holds."""

    key: str
    transcript: Digest
