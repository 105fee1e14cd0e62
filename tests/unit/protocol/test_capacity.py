"""Free time is told in quarters of a day, never more than there is, and so that no job can be read from it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.directory import Directory
from protocol.capacity import Capacity, accept_capacity, free_between, free_quarters
from protocol.errors import RejectError
from protocol.ids import MachineId, MaterialCode
from protocol.params import CAPACITY_DAYS, DAY, DAY_PARTS, MAX_TEXT
from protocol.units import Micrometres, UnixSeconds
from tests.unit.protocol.examples import START, operation, part, peer
from tests.unit.protocol.test_cards import CARD

SINCE = UnixSeconds(START - START % DAY)
MILL = Capacity(provider=peer("mill"), machine=MachineId("m"), since=SINCE, free=(0, 4, 2))
QUARTER = DAY // DAY_PARTS
WEEK = (SINCE, UnixSeconds(SINCE + 7 * DAY))


def test_what_is_busy_is_not_free_and_a_begun_quarter_is_busy() -> None:
    busy = [(SINCE, SINCE + DAY), (SINCE + DAY, SINCE + DAY + 1), (SINCE + 2 * DAY, SINCE + 2 * DAY + QUARTER)]
    assert free_quarters(busy, since=SINCE)[:4] == (0, 3, 3, 4)


@given(st.lists(st.tuples(st.integers(-3, 40), st.integers(0, 5), st.integers(0, DAY - 1)), max_size=20))
def test_nobody_promises_more_time_than_is_left(spans: list[tuple[int, int, int]]) -> None:
    busy = [(SINCE + day * DAY + offset, SINCE + (day + days) * DAY) for day, days, offset in spans]
    free = free_quarters(busy, since=SINCE)
    assert len(free) == CAPACITY_DAYS
    for day, quarters in enumerate(free):
        seconds = sum(
            all(not start <= SINCE + day * DAY + hour * 3600 < finish for start, finish in busy) for hour in range(24)
        )
        assert 0 <= quarters <= DAY_PARTS
        assert quarters * 6 <= seconds + len(busy) + 1
    assert free == free_quarters(busy * 2, since=SINCE)


def test_free_time_is_counted_in_the_window_only() -> None:
    assert free_between(MILL, *WEEK) == 6
    assert free_between(MILL, UnixSeconds(SINCE + 2 * DAY), UnixSeconds(SINCE + 3 * DAY)) == 2
    assert free_between(MILL, UnixSeconds(SINCE - 9 * DAY), UnixSeconds(SINCE - DAY)) == 0


WRONG = {
    "another's machine": replace(MILL, provider=peer("oven")),
    "since noon": replace(MILL, since=UnixSeconds(SINCE + 43_200)),
    "too many days": replace(MILL, free=(0,) * (CAPACITY_DAYS + 1)),
    "five quarters": replace(MILL, free=(5,)),
    "less than none": replace(MILL, free=(-1,)),
    "a name too long": replace(MILL, machine=MachineId("m" * (MAX_TEXT + 1))),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_capacity_is_rejected_for(wrong: Capacity) -> None:
    accept_capacity(MILL, signer=peer("mill"))
    with pytest.raises(RejectError):
        accept_capacity(wrong, signer=peer("mill"))


def test_the_directory_names_the_failing_interval_or_the_lack_of_time() -> None:
    directory = Directory()
    directory.learn_capacity(MILL)
    directory.learn(CARD)
    now = CARD.issued
    (fits,) = directory.match(operation(0), part(), window=WEEK, now=now)
    assert (fits.misfit, fits.free) == ("", 6)
    tight = replace(operation(0), tolerance=Micrometres(10))
    (misfit,) = directory.match(tight, part(), window=WEEK, now=now)
    assert misfit.misfit == "holds 100 um, not 10 um"
    (other,) = directory.match(operation(0), replace(part(), material=MaterialCode("EN 1.4301")), window=WEEK, now=now)
    assert other.misfit == "does not work EN 1.4301"
    first = (SINCE, UnixSeconds(SINCE + DAY))
    (full,) = directory.match(operation(0), part(), window=first, now=now)
    assert full.misfit == "has no free time in the window"
    assert directory.match(operation(0), part(), window=WEEK, now=CARD.expires) == ()
