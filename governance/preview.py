"""What a proposal would change and would have changed: the page that members read before they vote."""

from collections.abc import Iterable
from dataclasses import dataclass

from governance.past import Dated, PackAt, past_auction
from governance.proposals import Proposal, describe
from governance.replay import Consequence, replay, total
from governance.words import describe_all
from ledger.bundle import Bundle
from protocol.rules import RulePack


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One proposal, tried on past auctions."""

    reason: str
    changes: tuple[str, ...]
    """What it does, a line each."""

    consequences: tuple[Consequence, ...]
    """Each past auction once, as it was and as it would have been; nothing when no rule changes."""

    @property
    def total(self) -> str:
        """All of them together, in words."""
        return describe_all(total(self.consequences)) if self.consequences else "no auction to replay"


def preview(current: RulePack, proposal: Proposal, past: Iterable[Bundle | Dated], pack_at: PackAt) -> Preview:
    """``proposal`` beside the rules adopted last, tried on ``past`` auctions.

    Raises:
        RejectError: the signatures, proof or award of one do not hold.
        LedgerError: the ledger cannot tell which rules were in force.
    """
    consequences: list[Consequence] = []
    if (pack := proposal.pack) is not None:
        auctions = (past_auction(evidence, pack_at) for evidence in past)
        # Two parts of one job tell of one auction.
        consequences = [replay(auction, pack) for auction in {a.call.job: a for a in auctions}.values()]
    return Preview(reason=proposal.reason, changes=describe(current, proposal), consequences=tuple(consequences))
