"""A disputed milestone before the court: what was offered, who judges, how it ended; and all that may follow."""

from dataclasses import dataclass
from enum import Enum

from protocol.ids import Address, Digest
from protocol.order import NO_DIGEST, Order, OrderTerms, Work
from protocol.units import NOTHING, BasisPoints, Cents, UnixSeconds

NO_SHARE = BasisPoints(0)
NOBODY = Address(bytes(20))
PANEL = 3
"""Jurors of a panel."""

PENALTY_PARTS = 10
"""A juror that opens no vote loses this part of the minimum bond; a provider that gets nothing, of the stake."""

CASE_EDGES = frozenset(
    {
        "case: waiting -> summoned by Summon",
        "case: summoned -> seated by Draw",
        "case: summoned -> summoned by Draw",
        "case: waiting -> settled by Propose",
        "case: summoned -> settled by Propose",
        "case: seated -> settled by Propose",
        "case: waiting -> measured by Measure",
        "case: summoned -> measured by Measure",
        "case: seated -> measured by Measure",
        "case: seated -> judged by Close",
        "case: waiting -> lapsed by Close",
        "case: summoned -> lapsed by Close",
        "case: seated -> lapsed by Close",
        "vote: none -> sealed by Vote",
        "vote: sealed -> opened by OpenVote",
    }
)
"""All there are: a state changes along one of these or not at all."""


class CaseState(Enum):
    """Where a case stands."""

    WAITING = "waiting"
    SUMMONED = "summoned"
    SEATED = "seated"
    SETTLED = "settled"
    MEASURED = "measured"
    JUDGED = "judged"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Juror:
    """One seat of a panel."""

    account: Address
    seal: Digest = NO_DIGEST
    """Zero before the vote."""

    opened: bool = False
    share: BasisPoints = NO_SHARE
    """To the provider; zero before the vote is opened."""

    @property
    def state(self) -> str:
        """Where the vote stands."""
        return "opened" if self.opened else "sealed" if self.seal != NO_DIGEST else "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case; a milestone that nobody moved in has the empty one."""

    state: CaseState = CaseState.WAITING
    offered: BasisPoints = NO_SHARE
    """Share of the stake that the customer would give."""

    conceded: BasisPoints = NO_SHARE
    """Share that the provider would do without."""

    summoner: Address = NOBODY
    fee: Cents = NOTHING
    """What the summoner advanced."""

    draw_block: int = 0
    """The block whose hash draws the panel; zero before it was summoned."""

    panel: tuple[Juror, ...] = ()

    def juror(self, account: Address) -> Juror | None:
        """The seat of ``account``, or None."""
        return next((juror for juror in self.panel if juror.account == account), None)

    @property
    def shares(self) -> tuple[int, ...]:
        """Votes that are open, from the least."""
        return tuple(sorted(juror.share for juror in self.panel if juror.opened))


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a case is about: the disputed milestone of ``work``."""

    terms: OrderTerms
    work: Work
    inspector: Address | None
    """Who may decide by measurement: agreed in the award, and not exchanged after the acceptance."""

    @property
    def stake(self) -> Cents:
        """What the case is over."""
        return self.work.stake(self.terms.late)

    @property
    def parties(self) -> tuple[Address, Address]:
        """Customer and provider."""
        return self.terms.customer, self.work.win.provider

    def quarter(self, number: int) -> UnixSeconds:
        """Last second of a quarter of the window: summon, draw, seal, open."""
        return UnixSeconds(self.work.since + self.terms.dispute * number // 4)


def matter_of(order: Order, index: int) -> Matter:
    """What a case over the present milestone of assignment ``index`` is about."""
    work = order.works[index]
    inspecting = order.work(work.win.inspection - 1)
    agreed = inspecting is not None and inspecting.round == work.inspection_round
    return Matter(terms=order.terms, work=work, inspector=inspecting.win.provider if inspecting and agreed else None)
