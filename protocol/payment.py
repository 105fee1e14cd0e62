"""What winners are paid: what they bid, or what they are worth to the customer as well (Vickrey, Clarke, Groves).

Pay-as-bid is the rule. Where the members' rule pack allows a premium and a call offers one, each winner is paid, above
its bid, by how much worse the score of the best plan without it is: bidding above cost then gains an honest shop
nothing. That holds only while nobody is indispensable and the premiums stay below what was offered, so otherwise all
are paid as bid, and the reason follows from the bids like everything else. Shops in league defeat it, and so does a
customer behind a bidder: what we claim is an award that anybody can audit, never one that makes bidders truthful.
"""

from collections.abc import Mapping
from enum import Enum

from protocol.ids import PeerId
from protocol.units import BasisPoints, Cents

WHOLE = 10_000
"""Basis points in one."""


class AsBid(Enum):
    """Why winners are paid what they bid, and no more."""

    NO_PREMIUM = "no-premium"
    """The call offers none."""

    TOO_DEAR = "too-dear"
    """The premiums together are above what the call offers, or a winner's alone: perhaps nobody could do without it."""

    OVER_BUDGET = "over-budget"
    """Bids and premiums together are above the budget."""


def room(premium: BasisPoints, asked: Cents) -> Cents:
    """Most that all premiums together may come to, when the winners bid ``asked`` together."""
    return Cents(asked * premium // WHOLE)


def premiums(
    worth: Mapping[PeerId, Cents | None], *, asked: Cents, premium: BasisPoints, budget: Cents
) -> dict[PeerId, Cents] | AsBid:
    """What each winner is paid above its bids.

    Args:
        worth: by how many cents of score the best plan without each winner is worse; None when no plan without it is
            at most ``room`` worse.
        asked: what the winners bid together.
        premium: what the call offers at most, of ``asked``.
        budget: most that the customer pays in all.
    """
    if not premium:
        return AsBid.NO_PREMIUM
    known = {provider: cents for provider, cents in worth.items() if cents is not None}
    together = sum(known.values())
    if len(known) < len(worth) or together > room(premium, asked):
        return AsBid.TOO_DEAR
    return AsBid.OVER_BUDGET if asked + together > budget else known
