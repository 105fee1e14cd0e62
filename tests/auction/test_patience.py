"""A search gives up for everybody or for nobody: whether a score was told beforehand makes no difference."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from protocol.award import Award, Field, choose
from protocol.composition import ComplexityError, Plan
from protocol.selection import deepened, rung, select, settle
from protocol.space import MICRO_CENT
from protocol.units import Cents, GramsCo2
from tests.auction.markets import BEACON, Auction, Kind, auction

FEW_MAKERS = Kind(operations=4, offers=8, providers=5)
MANY_MAKERS = Kind(operations=4, offers=10, providers=40)
WITH_CLASHES = Kind(operations=5, offers=12, providers=6, clashes=3)


def tight(asked: Auction) -> Iterator[Auction]:
    """An auction, and the same with caps that cut its best plan off."""
    free = choose(asked.terms, asked.bids, BEACON)
    assert isinstance(free, Award)
    caps = {"budget": Cents(free.price * 95 // 100), "co2_cap": GramsCo2(free.co2 * 95 // 100)}
    for changes in ({}, caps, {"co2_cap": GramsCo2(free.co2 * 8 // 10)}):
        yield replace(asked, terms=replace(asked.terms, **changes))  # type: ignore[arg-type]


def settled(asked: Auction, patience: int, told: int | None = None) -> Plan | str | None:
    field = Field(asked.terms, asked.bids, BEACON)
    space = replace(field.space, patience=patience)
    try:
        return settle(space, field.windows, field.caps, field.exclusive, field.ranked, told)
    except ComplexityError:
        return "given up"


def gives_up_at_first(asked: Auction, patience: int) -> bool:
    field = Field(asked.terms, asked.bids, BEACON)
    try:
        select(replace(field.space, patience=patience), field.ranked(field.windows), field.caps, field.exclusive)
    except ComplexityError:
        return True
    return False


@pytest.mark.parametrize("kind", [FEW_MAKERS, MANY_MAKERS, WITH_CLASHES], ids=["few", "many", "clashes"])
def test_who_knows_the_score_gives_up_where_everybody_does(kind: Kind) -> None:
    outcomes = set()
    for seed in range(3):
        for asked in tight(auction(seed, kind)):
            best = settled(asked, 1_000_000)
            if not isinstance(best, Plan):
                continue
            for patience in (4, 12, 40, 100, 300, 1_000):
                alone = settled(asked, patience)
                assert alone == settled(asked, patience, best.cost // MICRO_CENT)
                assert alone in (best, "given up")
                outcomes.add(alone == best)
    assert outcomes == {True, False}


def test_a_search_that_is_too_large_from_the_first_guess_is_made_with_better_limits() -> None:
    saved = 0
    for seed in range(6):
        for asked in tight(auction(seed, FEW_MAKERS)):
            for patience in (16, 24, 32, 48, 64, 96):
                if gives_up_at_first(asked, patience):
                    saved += isinstance(settled(asked, patience), Plan)
    assert saved


def test_limits_are_loose_by_a_five_hundredth_at_most() -> None:
    for score in (0, 1, 1_023, 1_024, 1_025, 123_456_789, 2**63 - 1, 2**63):
        assert score <= rung(score) <= score + score // 512
        assert rung(rung(score)) == rung(score)


@pytest.mark.parametrize("best", [1, 2, 3, 1_000, 123_456_789_012])
@pytest.mark.parametrize("patience", [99, 100, 101, 500])
def test_the_highest_limit_is_found_that_patience_lasts_for(best: int, patience: int) -> None:
    """Searching with a limit of the best score takes 100 steps here, and more with any higher one."""
    plan = Plan(arrival=0, cost=best, price=0, co2=0, steps=())

    def proved(most: int) -> Plan | None:
        if 100 * most > patience * rung(best):
            raise ComplexityError
        return plan if most >= best else None

    if patience < 100:
        with pytest.raises(ComplexityError):
            deepened(proved)
    else:
        assert deepened(proved) is plan


def test_a_search_that_never_ends_with_a_plan_ends() -> None:
    with pytest.raises(ComplexityError):
        deepened(lambda _: None)
