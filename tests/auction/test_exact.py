"""The award is the optimum: beside CP-SAT on random auctions of every kind, and the same on every machine.

``AUCTIONS`` in the environment raises the number of auctions of each kind (``make auctions AUCTIONS=125``).
"""

import os
import subprocess
import sysconfig
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from protocol.award import Award, Field, NoAward, NoAwardReason, Terms, award, choose, follows, terms_of
from protocol.selection import select
from protocol.space import RANK_BITS
from protocol.units import Cents, GramsCo2, UnixSeconds
from tests.auction.markets import BEACON, FORK, PLAIN, Auction, Kind, auction
from tests.auction.routings import forked
from tests.auction.sealed import called
from tests.auction.solver import Model
from tests.auction.ties import TIE_RICH, pythons, tie_rich

COUNT = int(os.environ.get("AUCTIONS", "4"))
TIES = int(os.environ.get("TIES", "40"))
SMALL_FORK = Kind(after=FORK, providers=3, machines=1, offers=4, width=3_000)
KINDS = {
    "windows": PLAIN,
    "points": Kind(width=0, offers=12),
    "bundles and clashes": Kind(clashes=12, bundles=0.3),
    "coarse": Kind(grain=120, coarse=5_000, clashes=3),
    "fork": replace(SMALL_FORK, offers=5),
}


def optimum(asked: Auction) -> int | None:
    """Lowest score times 3600 by the rule."""
    outcome = choose(asked.terms, asked.bids, BEACON)
    return exact_score(asked.terms, outcome) if isinstance(outcome, Award) else None


def test_bundles_may_pass_over_an_operation_that_nobody_offers_alone() -> None:
    for number in range(6):
        asked = auction(number, Kind(operations=4, offers=12, bundles=0.5, providers=6))
        bids = tuple(replace(bid, offers=tuple(o for o in bid.offers if o.first != 2)) for bid in asked.bids)
        assert optimum(Auction(terms=asked.terms, bids=bids)) == Model(asked.terms, bids).optimum()


def exact_score(terms: Terms, outcome: Award) -> int:
    """Score of an award from the definition, times 3600."""
    weights, micro = terms.weights, 1_000_000
    total = micro * weights.hour * (outcome.arrival - terms.earliest) + 3600 * outcome.co2 * weights.co2_tonne
    for a in outcome.assignments:
        span = a.offer.last - a.offer.first + 1
        total += 3600 * micro * (a.price + a.offer.grade * weights.grade * span)
    way = sum(
        a.site.distance(b.site)
        for b in outcome.assignments
        for a in outcome.assignments
        if a.offer.last in terms.after[b.offer.first]
    )
    followed = {before for after in terms.after for before in after}
    way += sum(a.site.distance(terms.site) for a in outcome.assignments if a.offer.last not in followed)
    return total + 3600 * way * weights.kilometre * 1000


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_no_combination_is_better_than_the_award(kind: Kind) -> None:
    for seed in range(COUNT):
        asked = auction(seed, kind)
        assert optimum(asked) == Model(asked.terms, asked.bids).optimum(), seed


@pytest.mark.parametrize("kind", [PLAIN, SMALL_FORK], ids=["chain", "fork"])
@pytest.mark.parametrize(("budget", "co2"), [(92, None), (None, 85), (97, 97)])
def test_caps_that_cut_the_best_plan_off_leave_the_next_best(kind: Kind, budget: int | None, co2: int | None) -> None:
    """Caps in per cent of what the best plan without caps costs and emits."""
    for seed in range(COUNT):
        asked = auction(seed, kind)
        free = choose(asked.terms, asked.bids, BEACON)
        if not isinstance(free, Award):
            continue
        terms = replace(
            asked.terms,
            budget=asked.terms.budget if budget is None else Cents(free.price * budget // 100),
            co2_cap=None if co2 is None else GramsCo2(free.co2 * co2 // 100),
        )
        capped = choose(terms, asked.bids, BEACON)
        if isinstance(capped, Award):
            assert capped.price <= terms.budget
            assert terms.co2_cap is None or capped.co2 <= terms.co2_cap
        assert optimum(Auction(terms=terms, bids=asked.bids)) == Model(terms, asked.bids).optimum(), seed


def branching(seed: int) -> Auction:
    """An auction whose routing forks and joins anyhow."""
    return auction(seed, forked(seed))


@pytest.mark.parametrize("tight", ["nothing", "due date", "budget and CO2", "all three"])
def test_however_a_routing_forks_and_joins_no_combination_is_better(tight: str) -> None:
    for seed in range(2 * COUNT):
        asked = branching(seed)
        free = choose(asked.terms, asked.bids, BEACON)
        if tight != "nothing" and isinstance(free, Award):
            late = (
                {}
                if tight == "budget and CO2"
                else {"due": UnixSeconds(free.arrival + (-1, 3_600)[tight != "due date"])}
            )
            dear = (
                {}
                if tight == "due date"
                else {"budget": Cents(free.price * 102 // 100), "co2_cap": GramsCo2(free.co2 - 1)}
            )
            asked = replace(asked, terms=replace(asked.terms, **late, **dear))  # type: ignore[arg-type]
        assert optimum(asked) == Model(asked.terms, asked.bids).optimum(), seed


def test_branches_of_those_routings_would_meet_on_machines() -> None:
    parted = 0
    for seed in range(12):
        asked = branching(seed)
        field = Field(asked.terms, asked.bids, BEACON)
        windows = field.ranked(field.windows)
        parted += select(field.space, windows, field.caps) != select(field.space, windows, field.caps, field.exclusive)
    assert parted


def test_an_award_tells_its_own_score() -> None:
    for kind in KINDS.values():
        asked = auction(7, kind)
        outcome = choose(asked.terms, asked.bids, BEACON)
        assert isinstance(outcome, Award)
        assert outcome.score == exact_score(asked.terms, outcome) // 3600
        assert outcome.price == sum(a.price for a in outcome.assignments)


@pytest.mark.slow
def test_ties_fall_alike_on_every_python_here_whatever_the_hash_seed() -> None:
    """Sets and dictionaries of bytes differ in order between processes; winners must not."""
    here = Path(__file__).resolve().parents[2]
    packages = sysconfig.get_paths()["purelib"]  # msgpack has a pure form, which the other versions take
    runs = [(program, seed) for program in pythons().values() for seed in ("0", "4242")]
    told = {
        subprocess.run(
            [program, "-m", "tests.auction.ties", str(TIES)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{here}{os.pathsep}{packages}", "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=here,
            check=True,
            capture_output=True,
            text=True,
            timeout=500,
        ).stdout
        for program, seed in runs
    }
    assert told == {tie_rich(TIES) + "\n"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_what_was_told_follows_only_if_it_is_the_award(kind: Kind) -> None:
    """A search that knows what was told looks at less, and must come to the same end."""
    for number in range(COUNT):
        asked = auction(number, kind)
        call, bids = called(asked)
        outcome = award(call, bids, BEACON)
        assert follows(outcome, call, bids, BEACON)
        if isinstance(outcome, Award):
            taken = outcome.assignments[0].offer
            other = choose(terms_of(call), bids, BEACON, lambda _, offer, taken=taken: offer != taken)
            assert not follows(other, call, bids, BEACON)
            for lie in (-1, 1, -(10**9), 10**12):
                assert not follows(replace(outcome, score=outcome.score + lie), call, bids, BEACON)
            assert not follows(NoAward(job=call.job, reason=NoAwardReason.CLASHING, measure=1), call, bids, BEACON)


def test_ties_are_common_in_those_auctions_and_the_beacon_decides_them() -> None:
    moved = 0
    for seed in range(12):
        asked = auction(seed, TIE_RICH)
        outcomes = {choose(asked.terms, asked.bids, sha256(bytes([n])).digest()) for n in range(6)}  # type: ignore[arg-type]
        assert len({o.score for o in outcomes if isinstance(o, Award)}) == 1
        moved += len({o.assignments for o in outcomes if isinstance(o, Award)}) > 1
    assert moved > 3


def test_ranks_never_outweigh_one_unit_of_cost() -> None:
    assert 1 << RANK_BITS > 16 * (1 << 56)
