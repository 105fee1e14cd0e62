"""What decentralisation costs: whole markets cleared by auctions, beside contract nets, dispatching and clairvoyance.

Every column works on the same shops and calls; the cost is the award's own score (money, hours, carbon, kilometres)
summed over all orders, divided by what each order would cost if it had the federation to itself.
"""

import argparse
import random
from collections.abc import Callable
from dataclasses import replace
from statistics import mean
from time import process_time

from devnet.market.baselines import RULES, contract_net, cost_of, dispatch, ideals
from devnet.market.book import Book, Exchange, opened
from devnet.market.breakdown import busiest, right_shifted
from devnet.market.easing import eased
from devnet.market.foresight import clairvoyant, plans_of
from devnet.market.improvement import improved
from devnet.market.repair import broken
from devnet.market.world import DAY, Kind, World, world
from protocol.award import NoAward
from protocol.ids import JobId
from protocol.units import UnixSeconds

BREAKDOWNS = 12
"""Markets in which a machine fails; they differ fivefold, and the mean of six by a quarter."""

STUDY = Kind(providers=10, jobs=100, plane=1_000, processes=8, hour=(1_200, 6_000))
"""Eight kinds of machines on a square of 1,000 km, and customers that lose 20 to 100 cents a minute."""

DENSE = Kind(providers=50, jobs=300)
"""An industrial region: five kinds of machines on 500 km, and more patient customers."""

SCENES: dict[str, tuple[Kind, tuple[int, ...]]] = {
    "10": (STUDY, (20, 100)),
    "10-overload": (replace(STUDY, jobs=150, load=1.3), (20, 100)),
    "50": (replace(STUDY, providers=50, jobs=300), (8,)),
    "50-overload": (replace(STUDY, providers=50, jobs=500, load=2.2), (8,)),
    "50-dense": (DENSE, (8,)),
    "200": (replace(STUDY, providers=200, jobs=1000), (8,)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", default="10,10-overload,50,50-overload,50-dense", help=", ".join(SCENES))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--tries", type=int, default=3_000, help="re-auctions of the clairvoyant planner")
    given = parser.parse_args()
    for scene in given.scenes.split(","):
        kind, rounds = SCENES[scene]
        print(f"\n{kind.providers} providers on {kind.plane} km, {kind.jobs} jobs, load {kind.load}")
        rows = [measure(seed, kind, rounds, given.tries) for seed in range(1, given.seeds + 1)]
        best = [row["clairvoyant best known"][0] for row in rows]
        print(f"{'':34} {'/ ideal':>8} {'/ best known':>12} {'CPU s':>7}")
        for method in rows[0]:
            ratio = mean(row[method][0] for row in rows)
            gap = mean(row[method][0] / one for row, one in zip(rows, best, strict=True))
            print(f"{method:34} {ratio:8.3f} {gap:12.3f} {mean(row[method][1] for row in rows):7.1f}")
        breakdowns([world(seed, kind) for seed in range(1, BREAKDOWNS + 1)])


def measure(seed: int, kind: Kind, rounds: tuple[int, ...], tries: int) -> dict[str, tuple[float, float]]:
    place = world(seed, kind)
    ideal = ideals(place)
    total = sum(ideal.values())
    row: dict[str, tuple[float, float]] = {}

    def timed(method: str, run: Callable[[], int]) -> None:
        began = process_time()
        row[method] = (run() / total, process_time() - began)

    timed("first fit (earliest finish)", lambda: contract_net(place, haste=0, price=0))
    timed("contract net (best of five)", lambda: min(contract_net(place, haste=h) for h in (0, 10, 30, 60, 100)))
    timed("dispatching (best of five rules)", lambda: min(cost_of(place, dispatch(place, rule)) for rule in RULES))
    plans = [min((dispatch(place, rule) for rule in RULES), key=lambda plan: cost_of(place, plan))]
    for count in (0, *rounds):
        began = process_time()
        book = traded(place, count, ideal, seed)
        method = "auction, one shot" if count == 0 else f"auction, {count} rounds an arrival"
        row[method] = (book.cost / total, process_time() - began)
        plans.append(plans_of(book))
    timed("clairvoyant best known", lambda: clairvoyant(place, plans, tries=tries, rng=random.Random(seed)))  # noqa: S311
    return row


def traded(place: World, rounds: int, ideal: dict[JobId, int], seed: int) -> Book:
    """The market after the last call, with re-auctions after each."""
    book, rng = opened(place.providers), random.Random(seed)  # noqa: S311
    for call in place.calls:
        exchange = Exchange(now=call.earliest)
        after = exchange.clear(book, call)
        assert not isinstance(after, NoAward), after
        book, _improvements = improved(after, exchange, ideal, rounds=rounds, rng=rng)
    return book


def breakdowns(places: list[World]) -> None:
    """The busiest machine is down for two days after the last call."""
    rows = []
    for seed, place in enumerate(places, start=1):
        book = traded(place, 0, {}, seed)
        now = place.calls[-1].earliest
        peer, machine = busiest(book, now)
        until = UnixSeconds(now + 2 * DAY)
        began = process_time()
        done = broken(book, peer, machine, now=now, until=until)
        halfway = process_time()
        after, _improvements = eased(done, rng=random.Random(seed))  # noqa: S311
        spent = process_time() - began
        shifted = right_shifted(book, peer, machine, now=now, until=until)
        costs = [cost / book.cost for cost in (done.cost, after.cost, shifted)]
        rows.append((*costs, halfway - began, spent, len(done.touched)))
    replanned, repair, shift, halfway, spent, touched = (mean(column) for column in zip(*rows, strict=True))
    print(f"{len(rows)} markets, busiest machine down for 48 h, all bids and awards in one process:")
    columns = {
        "rests planned again": (replanned, f", {1000 * halfway:.0f} ms CPU, {touched:.1f} operations"),
        "and whom they wait for": (repair, f", {1000 * spent:.0f} ms CPU in all"),
        "everybody waits": (shift, ""),
    }
    for what, (ratio, work) in columns.items():
        print(f"  {what:24} {100 * (ratio - 1):+6.2f} % cost{work}")


if __name__ == "__main__":
    main()
