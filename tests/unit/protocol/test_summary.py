"""Two nodes that compare summaries find exactly what one of them lacks, in few questions."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.params import MAX_FETCH, MAX_RANGES, SUMMARY_IDS
from protocol.summary import (
    BulletinsRequest,
    Range,
    Summary,
    check_request,
    check_summary,
    differences,
    lacking,
    question,
)


def digests(numbers: set[int]) -> list[Digest]:
    return sorted(Digest(sha256(b"%d" % number).digest()) for number in numbers)


def compare(mine: list[Digest], theirs: list[Digest]) -> tuple[set[Digest], int]:
    """What I learn that I lack, and how many questions it took."""
    ranges: tuple[Range, ...] = (question(mine),)
    found: set[Digest] = set()
    questions = 0
    while ranges:
        questions += 1
        missing, ranges = lacking(mine, differences(theirs, Summary(ranges=ranges)))
        found |= set(missing)
    return found, questions


@given(st.sets(st.integers(0, 3000), max_size=400), st.sets(st.integers(0, 3000), max_size=400))
@settings(max_examples=60, deadline=None)
def test_exactly_what_is_lacking_is_found(mine: set[int], theirs: set[int]) -> None:
    assert compare(digests(mine), digests(theirs))[0] == set(digests(theirs - mine))


def test_one_difference_among_ten_thousand_takes_four_questions() -> None:
    every = digests(set(range(10_000)))
    found, questions = compare(every[:7777] + every[7778:], every)
    assert found == {every[7777]}
    assert questions <= 4


def test_equal_sets_take_one_question() -> None:
    every = digests(set(range(1000)))
    assert compare(every, every) == (set(), 1)


ONE, TWO, THREE = sorted(digests({1, 2, 3}))
LISTED = Range(lower=b"", upper=TWO, fingerprint=b"", ids=(ONE,))
HASHED = Range(lower=TWO, upper=b"", fingerprint=b"f" * 16, ids=())

WRONG = {
    "overlapping ranges": (replace(LISTED, upper=THREE, ids=()), HASHED),
    "ranges out of order": (HASHED, LISTED),
    "a range after the end": (HASHED, HASHED),
    "a range that ends before it begins": (replace(LISTED, lower=THREE, ids=()),),
    "ids out of order": (replace(LISTED, upper=b"", ids=(TWO, ONE)),),
    "an id twice": (replace(LISTED, ids=(ONE, ONE)),),
    "an id out of its range": (replace(LISTED, ids=(THREE,)),),
    "an id that is none": (replace(LISTED, ids=(Digest(b"short"),)),),
    "ids beside a fingerprint": (replace(LISTED, fingerprint=b"f" * 16),),
    "too many ids": (replace(LISTED, upper=b"", ids=tuple(digests(set(range(SUMMARY_IDS + 1))))),),
}


@pytest.mark.parametrize("ranges", WRONG.values(), ids=WRONG.keys())
def test_a_summary_is_rejected_for(ranges: tuple[Range, ...]) -> None:
    with pytest.raises(RejectError):
        check_summary(Summary(ranges=ranges))


def test_more_ranges_than_a_question_may_have_are_rejected() -> None:
    bounds = [b"", *digests(set(range(MAX_RANGES)))]
    ends = [*bounds[1:], b""]
    many = tuple(Range(lower=a, upper=b, fingerprint=b"f" * 16, ids=()) for a, b in zip(bounds, ends, strict=True))
    assert len(many) == MAX_RANGES + 1
    check_summary(Summary(ranges=many))
    with pytest.raises(RejectError, match="at once"):
        differences([], Summary(ranges=many))


def test_a_request_for_too_many_bulletins_or_for_none_is_rejected() -> None:
    check_request(BulletinsRequest(ids=(ONE,) * MAX_FETCH))
    with pytest.raises(RejectError):
        check_request(BulletinsRequest(ids=(ONE,) * (MAX_FETCH + 1)))
    with pytest.raises(RejectError):
        check_request(BulletinsRequest(ids=(Digest(b"short"),)))
