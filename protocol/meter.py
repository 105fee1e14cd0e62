"""The price of decentralisation: what awards made one by one cost beside the best that one planner could have done.

One award by itself is the best of what was offered, so its price is nothing. Awards made one after the other, each on
what was left, are compared with the best joint clearing that is known and with a bound that no clearing beats.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.award import Award, NoAward
from protocol.clearing import Contest, certify, clear, total
from protocol.ids import Digest

DRAWS = 16
"""Orders in which the jobs are cleared again, looking for a better outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Scores in micro-cents; a job without makers counts with its budget."""

    made: int
    best_known: int
    """Of the awards as made and of clearings with everything known at once."""

    bound: int
    """No clearing scores less."""

    @property
    def exact(self) -> bool:
        """Whether the best known is proved to be the best."""
        return self.best_known == self.bound

    @property
    def known_ppm(self) -> int:
        """By how many millionths what was made exceeds the best known."""
        return (self.made - self.best_known) * 1_000_000 // max(1, self.best_known)

    @property
    def most_ppm(self) -> int:
        """By how many millionths it can at most exceed the best there is."""
        return (self.made - self.bound) * 1_000_000 // max(1, self.bound)


def price_of_decentralisation(
    contests: Sequence[Contest], outcomes: Sequence[Award | NoAward], *, draws: int = DRAWS
) -> Price:
    """The price of ``outcomes``, which were reached one by one for ``contests``."""
    made = total(contests, outcomes)
    others = [total(contests, clear(contests, Digest(number.to_bytes(32, "big")))) for number in range(draws)]
    best = min(made, *others) if others else made
    return Price(made=made, best_known=best, bound=min(best, certify(contests, best).bound))
