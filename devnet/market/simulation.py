"""Plays whole markets from a seed and counts the sentences that did not hold."""

from collections import Counter
from dataclasses import dataclass, field

from devnet.market import auctioning
from devnet.market.invariants import broken_at_end, broken_by_end, broken_now, overlapping
from devnet.market.state import Market, market
from devnet.market.world import Kind

SMALL = Kind(providers=10, jobs=100, margin=800, shifts=True, bursts=0.3, days=20)
MIDDLE = Kind(providers=50, jobs=300, margin=800, shifts=True, bursts=0.3, days=20)
LARGE = Kind(providers=200, jobs=1000, margin=800, shifts=True, bursts=0.3, days=20)


@dataclass(slots=True)
class Played:
    """How one market went."""

    seed: int
    violations: list[str] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)


def kind_of(seed: int) -> Kind:
    """Most markets are small; every fiftieth has 50 shops, every five-hundredth 200."""
    if seed % 500 == 0:
        return LARGE
    return MIDDLE if seed % 50 == 0 else SMALL


def play(seed: int, kind: Kind | None = None) -> Played:
    """One market, of the kind that belongs to its seed if none is given, watched after every event."""
    played, place = Played(seed), market(seed, kind or kind_of(seed))
    for call in place.world.calls:
        place.clock.at(call.earliest, lambda call=call: auctioning.post(place, call))  # type: ignore[misc]
    seen = 0
    while place.clock.step():
        played.violations += broken_now(place)
        if len(place.ended) > seen:
            for job in list(place.ended)[seen:]:
                played.violations += broken_by_end(place, job)
            seen = len(place.ended)
            played.violations += overlapping(place)
    played.violations += broken_at_end(place)
    return _summed(played, place)


def _summed(played: Played, place: Market) -> Played:
    played.ended.update(reason.value for reason in place.ended.values())
    played.refusals.update(reason.value for _job, _whom, reason in place.refusals)
    return played
