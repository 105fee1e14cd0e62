from hypothesis import given
from hypothesis import strategies as st

from ledger.pricing import CEILING_MULTIPLE, PATIENCE_BLOCKS, due, raised

WEI = st.integers(0, 10**14)


def test_on_a_free_chain_nothing_ever_offers_more() -> None:
    assert not due((0, 0), base_fee=0, waited=10**6, first=True)


def test_what_no_block_can_take_offers_more_at_once_whatever_waits_before_it() -> None:
    assert due((99, 1), base_fee=100, waited=0, first=False)
    assert not due((100, 1), base_fee=100, waited=PATIENCE_BLOCKS - 1, first=True)


def test_only_the_first_loses_patience() -> None:
    assert due((200, 1), base_fee=100, waited=PATIENCE_BLOCKS, first=True)
    assert not due((200, 1), base_fee=100, waited=10**6, first=False)


@given(WEI, WEI, WEI, WEI)
def test_a_raise_replaces_by_everybodys_rules_and_stays_in_proportion(a: int, b: int, c: int, d: int) -> None:
    offered, asked = (max(a, b), min(a, b)), (max(c, d), min(c, d))
    fees = raised(offered, asked)
    if fees is not None:
        assert fees[0] * 100 >= offered[0] * 110
        assert fees[1] * 100 >= offered[1] * 110
        assert fees[0] > offered[0]
        assert fees[1] > offered[1]
        assert asked[0] <= fees[0] <= CEILING_MULTIPLE * asked[0]
        assert fees[1] <= fees[0]


@given(WEI.filter(bool), WEI)
def test_a_raise_towards_a_price_that_rose_is_always_possible(asked: int, tip: int) -> None:
    assert raised((asked // 2, 0), (asked + 2, min(tip, asked))) is not None
