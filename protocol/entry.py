"""A bid's offers as windows of the award's search, with cost and rank; what may not be in a plan stays out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import shake_256
from itertools import count
from typing import Final, TypeAlias

from protocol.auction import Bid, Offer, Rise
from protocol.ids import Digest, PeerId
from protocol.space import RANK_BITS, Window
from protocol.units import Cents

RANK_BYTES: Final = 7
"""Of one offer's rank; sixteen of them still fit into ``RANK_BITS``."""

Allow: TypeAlias = Callable[[PeerId, Offer], bool]
"""Which offers may be in a plan; for asking what else would have been possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How offers enter one auction; costs are in the search's units, ranks left out."""

    transcript: Digest
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
        ranks = _ranks(self.transcript, bid.provider, len(bid.offers))
        for number, offer, rank in zip(count(base), bid.offers, ranks, strict=False):
            if offer.grade > worst or not (allow is None or allow(bid.provider, offer)):
                continue
            first, last, price, grams, rises = offer.first, offer.last, offer.price, offer.co2, offer.rises
            # A bundle counts grade and rank once per operation, so that neither it nor its parts are favoured in a tie.
            many = last - first + 1
            cost = (price * cent + grams * gram + many * offer.grade * grade << RANK_BITS) + many * rank
            steps = self._steps(rises, price) if rises else ()
            opens, closes, duration = offer.opens, offer.closes, offer.duration
            entered.append(_window((number, first, last, site, opens, closes, duration, cost, price, grams, steps)))
        return entered

    def _steps(self, rises: Sequence[Rise], price: Cents) -> tuple[tuple[int, int, int], ...]:
        """An offer's price curve as the search sees it."""
        cent = self.cent
        return tuple([(rise.start, (rise.price - price) * cent << RANK_BITS, rise.price - price) for rise in rises])


_window: Final = partial(tuple.__new__, Window)
"""``Window._make``, which takes half as long again."""


def _ranks(transcript: Digest, provider: PeerId, offers: int) -> Iterator[int]:
    """The rank of each offer in a bid, which nobody could know when bidding."""
    size = RANK_BYTES * offers
    ranks = shake_256(b"guildmark/rank/1" + transcript + provider).digest(size)
    return map(int.from_bytes, [ranks[place : place + RANK_BYTES] for place in range(0, size, RANK_BYTES)])
