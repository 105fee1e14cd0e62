"""Random auctions for tests and benchmarks, from a seed: sites, providers, menus of windows, and terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from protocol.auction import Bid, Offer, Rise
from protocol.award import Terms
from protocol.ids import Digest, JobId, MachineId, PeerId
from protocol.job import Site, Weights
from protocol.routing import chain
from protocol.units import Cents, GramsCo2, Metres, Seconds, UnixSeconds

JOB = JobId(b"j" * 32)
BEACON = Digest(b"b" * 32)
MINUTE = 60
FORK = ((), (0,), (1,), (0,), (2, 3), (4,))
"""A, then B1 and B2 beside C, then D, then E."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Auction:
    """Terms and the bids that answer them."""

    terms: Terms
    bids: tuple[Bid, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What random auctions have in common."""

    operations: int = 4
    offers: int = 8
    """Per operation."""

    providers: int = 5
    bundles: float = 0.15
    """Share of offers that are bundles."""

    width: int = 600
    """Widest window, in minutes; 0 makes every start a point."""

    curves: float = 0.3
    """Share of offers whose price rises."""

    clashes: int = 0
    """Pairs of a provider's offers that exclude each other, drawn for each."""

    grain: int = 1
    """Minutes are multiples of it."""

    coarse: int = 1
    """Cents and grams are multiples of it; a large one makes ties."""

    after: tuple[tuple[int, ...], ...] | None = None
    """The routing; None makes a chain."""

    machines: int = 3
    """Per provider."""

    plane: int = 300
    """Edge of the square that the sites stand in, km."""


PLAIN = Kind()


def auction(seed: int, kind: Kind = PLAIN, **terms: object) -> Auction:
    """One auction; the same seed and kind make the same."""
    draw = Random(seed)
    after = chain(kind.operations) if kind.after is None else kind.after
    sites = [_site(draw, kind) for _ in range(kind.providers)]
    menus: list[list[Offer]] = [[] for _ in sites]
    for operation in range(len(after)):
        able = draw.sample(range(kind.providers), max(2, kind.providers * 3 // 5)) if kind.providers > 1 else [0]
        for number in range(kind.offers):
            menus[able[number % len(able)]].append(_offer(draw, kind, operation, after))
    bids = tuple(
        Bid(
            job=JOB,
            provider=PeerId(number.to_bytes(32, "big")),
            site=sites[number],
            offers=tuple(dict.fromkeys(menu)),
            clashes=_clashes(draw, kind, len(dict.fromkeys(menu))),
        )
        for number, menu in enumerate(menus)
        if menu
    )
    values: dict[str, object] = {
        "job": JOB,
        "after": after,
        "site": _site(draw, kind),
        "earliest": UnixSeconds(0),
        "due": UnixSeconds(40_000 * MINUTE),
        "budget": Cents(10**9),
        "weights": Weights(
            hour=Cents(draw.choice((0, 50, 400, 3_000))),
            co2_tonne=Cents(draw.choice((0, 10_000, 90_000))),
            grade=Cents(draw.choice((0, 500))),
            kilometre=Cents(draw.choice((0, 40))),
        ),
    }
    return Auction(terms=Terms(**{**values, **terms}), bids=bids)  # type: ignore[arg-type]


def _site(draw: Random, kind: Kind) -> Site:
    return Site(easting=Metres(draw.randint(0, kind.plane) * 1000), northing=Metres(draw.randint(0, kind.plane) * 1000))


def _offer(draw: Random, kind: Kind, operation: int, after: Sequence[Sequence[int]]) -> Offer:
    last = operation
    while last + 1 < len(after) and last - operation < 2 and draw.random() < kind.bundles:
        alone = sum(last in before for before in after) == 1
        if after[last + 1] != (last,) or not alone:
            break
        last += 1
    span = last - operation + 1
    opens = _round(draw.randint(operation * 300, operation * 700 + 900), kind.grain) * MINUTE
    width = _round(draw.randint(0, kind.width), kind.grain) * MINUTE
    duration = max(_round(sum(draw.randint(60, 500) for _ in range(span)), kind.grain), kind.grain) * MINUTE
    price = max(_round(draw.randint(4_000, 30_000) * span * 9 // 10, kind.coarse), kind.coarse)
    rises = []
    if width > 2 * MINUTE and draw.random() < kind.curves:
        at = sorted(draw.sample(range(1, width // MINUTE + 1), min(2, width // MINUTE)))
        rises = [
            Rise(start=UnixSeconds(opens + minute * MINUTE), price=Cents(price + 700 * (step + 1)))
            for step, minute in enumerate(at)
        ]
    return Offer(
        first=operation,
        last=last,
        machine=MachineId(f"m{draw.randrange(kind.machines)}"),
        opens=UnixSeconds(opens),
        closes=UnixSeconds(opens + width),
        duration=Seconds(duration),
        price=Cents(price),
        co2=GramsCo2(_round(draw.randint(500, 40_000) * span, kind.coarse)),
        grade=draw.choice((0, 0, 1, 3)),
        rises=tuple(rises),
    )


def _clashes(draw: Random, kind: Kind, offers: int) -> tuple[tuple[int, int], ...]:
    if offers < 2:
        return ()
    pairs = {tuple(sorted(draw.sample(range(offers), 2))) for _ in range(kind.clashes)}
    return tuple(sorted(pairs))  # type: ignore[arg-type]  # every pair has two


def _round(value: int, grain: int) -> int:
    return value // grain * grain
