"""A bid's offers as windows of the award's search; what may not be in a plan stays out.

Windows enter without their ranks, which decide between plans of one score only; those get them that can be in the best.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import shake_256
from itertools import count
from typing import Final, TypeAlias

from protocol.auction import Bid, Offer
from protocol.ids import Digest, PeerId
from protocol.space import Window

RANK_BYTES: Final = 7
"""Of one offer's rank; sixteen of them still fit into ``RANK_BITS``."""

Allow: TypeAlias = Callable[[PeerId, Offer], bool]
"""Which offers may be in a plan; for asking what else would have been possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How offers enter one auction; costs are in the search's units."""

    cent: int
    """What a cent of the price costs."""

    gram: int
    """What a gram of CO2 costs."""

    grade: int
    """What each quality class below the best costs, for one operation."""

    worst: int
    """Quality class that an offer may have at most."""

    allow: Allow | None = None

    def windows(self, bid: Bid, site: int, base: int) -> list[Window]:
        """The windows of a bid's offers, numbered from ``base``."""
        entered: list[Window] = []
        cent, gram, grade, worst, allow = self.cent, self.gram, self.grade, self.worst, self.allow
        for number, offer in zip(count(base), bid.offers, strict=False):
            if offer.grade > worst or not (allow is None or allow(bid.provider, offer)):
                continue
            first, last, price, grams = offer.first, offer.last, offer.price, offer.co2
            cost = price * cent + grams * gram
            if offer.grade:
                cost += (last - first + 1) * offer.grade * grade
            opens, closes, duration, rises = offer.opens, offer.closes, offer.duration, offer.rises
            entered.append(_window((number, first, last, site, opens, closes, duration, cost, price, grams, rises)))
        return entered


def ranked(windows: Iterable[Window], bids: Sequence[Bid], bases: Sequence[int], transcript: Digest) -> list[Window]:
    """``windows`` with their ranks, which nobody could know when bidding.

    Args:
        bids: what the windows were made of.
        bases: the number of each bid's first window, ascending.
        transcript: what the ranks are drawn from.
    """
    drawn: dict[int, bytes] = {}
    found: list[Window] = []
    for number, first, last, site, opens, closes, duration, cost, price, co2, rises in windows:
        index = bisect_right(bases, number) - 1
        if index not in drawn:
            seed = b"guildmark/rank/1" + transcript + bids[index].provider
            drawn[index] = shake_256(seed).digest(RANK_BYTES * len(bids[index].offers))
        place = RANK_BYTES * (number - bases[index])
        rank = int.from_bytes(drawn[index][place : place + RANK_BYTES])
        # A bundle counts grade and rank once per operation, so that neither it nor its parts are favoured in a tie.
        whole = cost + (last - first + 1) * rank
        found.append(_window((number, first, last, site, opens, closes, duration, whole, price, co2, rises)))
    return found


_window: Final = partial(tuple.__new__, Window)
"""``Window._make``, which takes half as long again."""
