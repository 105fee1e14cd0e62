"""What an audit answers: each check holds, is contradicted or is not checkable, and says by which evidence."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum

from ledger.bundle import Federation
from ledger.errors import LedgerError
from ledger.layout import LicenceWord
from protocol.ids import Digest, PeerId


class Outcome(Enum):
    """What a check says."""

    HOLDS = "holds"
    CONTRADICTED = "contradicted"
    NOT_CHECKABLE = "not checkable"


class GapError(LedgerError):
    """The evidence is silent: nothing speaks against the claim, and nothing shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question and its answer in words."""

    what: str
    outcome: Outcome
    text: str
    evidence: tuple[str, ...] = ()
    """What the answer rests on: events with their blocks, signers, digests."""


def worst(checks: Collection[Check]) -> Outcome:
    """One contradiction outweighs all, one gap outweighs what holds."""
    outcomes = {check.outcome for check in checks}
    for outcome in (Outcome.CONTRADICTED, Outcome.NOT_CHECKABLE):
        if outcome in outcomes:
            return outcome
    return Outcome.HOLDS


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReport:
    """What is one part's own."""

    serial: str
    """Hex of the part's mark; empty when the bundle is too broken to tell."""

    number: int
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All checks of one bundle."""

    subject: str
    """Digest of the file that was checked, hex."""

    checks: tuple[Check, ...]
    """About the job: they concern every part of it."""

    parts: tuple[PartReport, ...]
    trusted: tuple[str, ...]
    """The trust roots that the answer rests on."""

    unchecked: tuple[str, ...]
    """What no check of this report says anything about."""

    @property
    def verdict(self) -> Outcome:
        """Of all parts together."""
        return worst([*self.checks, *(check for part in self.parts for check in part.checks)])

    def verdict_on(self, part: PartReport) -> Outcome:
        """Of one part."""
        return worst([*self.checks, *part.checks])


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What an auditor takes for granted."""

    federation: Federation | None
    """The contracts; None when the auditor knows none."""

    block_hash: Callable[[int], bytes | None] = field(default=lambda _number: None)
    """The hash of the block with a number, or None when this auditor does not know it."""

    signers: frozenset[PeerId] = frozenset()
    """Nodes whose word about blocks counts."""

    quorum: int = 1
    """How many of them have to give it."""

    licence: Callable[[Digest], LicenceWord] | None = None
    """What a licence is now, where a live chain can be asked."""

    names: tuple[str, ...] = ()
    """Where deployment and hashes come from, in words."""
