"""Plays whole markets from a seed and counts the sentences that did not hold."""

from collections import Counter
from dataclasses import dataclass, field

from devnet.market import auctioning
from devnet.market.invariants import broken_at_end, broken_by_end, broken_now, overlapping
from devnet.market.state import Market, market
from devnet.market.world import Kind

SMALL = Kind(providers=10, jobs=100, plane=1_000, margin=800, shifts=True, bursts=0.3, days=20, rush=0.1)
MIDDLE = Kind(providers=50, jobs=300, plane=1_000, margin=800, shifts=True, bursts=0.3, days=20, rush=0.1)
LARGE = Kind(providers=200, jobs=1000, plane=1_000, margin=800, shifts=True, bursts=0.3, days=20, rush=0.1)


@dataclass(slots=True)
class Played:
    """How one market went."""

    seed: int
    violations: list[str] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    cheats: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)


def kind_of(seed: int) -> Kind:
    """Most markets have 10 shops and 100 jobs; every hundredth has 50 and 300, every thousandth 200 and 1,000."""
    if seed % 1_000 == 0:
        return LARGE
    return MIDDLE if seed % 100 == 0 else SMALL


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
    played.cheats.update(place.met)
    played.repairs.update({f"{mishap.value}: {remedy}": count for (mishap, remedy), count in place.repairs.items()})
    played.refusals.update(reason.value for _job, _whom, reason in place.refusals)
    return played
