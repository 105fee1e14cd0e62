"""Canonical JSON: one form per value, whatever a stranger sends is a value or his fault."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.canonical import MAX_INTEGER, MAX_OPENINGS, dump, load, parse, plain
from protocol.errors import RejectError


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    text: str
    flag: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    number: int
    content: bytes
    inner: tuple[Inner, ...]
    maybe: Inner | None


VALUE = Outer(number=-7, content=b"\x00\xff", inner=(Inner(text="⌀ 6", flag=True),), maybe=None)
FORM = b'{"content":"00ff","inner":[{"flag":true,"text":"\xe2\x8c\x80 6"}],"maybe":null,"number":-7}'


def test_a_value_has_one_form_and_comes_back_from_it() -> None:
    assert dump(plain(VALUE)) == FORM
    assert parse(Outer, load(FORM, "it"), "it") == VALUE


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not JSON"),
        (b"{} ", "not in canonical form"),
        (b'{"b":1,"a":2}', "not in canonical form"),
        (b'{"a":1,"a":1}', "not in canonical form"),
        (b'"\\u00e9"', "not in canonical form"),
        (b"1.0", "not an integer"),
        (b"1e3", "not an integer"),
        (b"NaN", "not an integer"),
        (b"-Infinity", "not an integer"),
        (b"-0", "not in canonical form"),
        (str(MAX_INTEGER + 1).encode(), "does not fit 53 bits"),
        (b"1" * 5000, "does not fit 53 bits"),
        (b'"\\ud800"', "not Unicode"),
        (b"\xff", "is not JSON"),
        (b"\xef\xbb\xbf1", "is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"":' * 100_000, "nested too deeply"),
    ],
)
def test_what_is_not_the_one_form_is_rejected(content: bytes, reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        load(content, "it")


@pytest.fixture
def raised_recursion_limit() -> Iterator[None]:
    """As some libraries raise it for the whole process."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10**7)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize("depth", [50, 500, 950, 1000, MAX_OPENINGS, MAX_OPENINGS + 1, 10**6])
@pytest.mark.usefixtures("raised_recursion_limit")
def test_however_deep_a_value_is_nested_it_is_read_or_rejected(depth: int) -> None:
    content = b"[" * depth + b"]" * depth
    try:
        assert dump(load(content, "it")) == content
    except RejectError as error:
        assert depth > MAX_OPENINGS and "too deeply" in str(error)  # noqa: PT017, PT018  # the only reason


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_noise_is_a_value_or_its_senders_fault(content: bytes) -> None:
    try:
        value = load(content, "it")
    except RejectError:
        return
    assert dump(value) == content
    assert json.loads(content) == value


GOOD = json.loads(FORM)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": True}, "is bool, not int"),
        ({"number": "7"}, "is str, not int"),
        ({"number": None}, "is NoneType, not int"),
        ({"content": "0"}, "is not hexadecimal"),
        ({"content": "0 0"}, "is not hexadecimal"),
        ({"content": "FF"}, "is not in lower case"),
        ({"content": 7}, "is not hexadecimal"),
        ({"inner": {}}, "is dict, not an array"),
        ({"inner": [None]}, "is not an object of"),
        ({"inner": [{"text": "x"}]}, "is not an object of"),
        ({"maybe": {"text": "x", "flag": 1}}, "is int, not bool"),
        ({"more": 1}, "is not an object of"),
    ],
)
def test_a_value_of_another_type_is_rejected(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        parse(Outer, {**GOOD, **change}, "it")


@pytest.mark.parametrize("value", [1.5, b"x".__class__, {1, 2}, [1], MAX_INTEGER + 1, -MAX_INTEGER - 1])
def test_what_has_no_json_form_is_not_written(value: object) -> None:
    with pytest.raises(RejectError):
        plain(value)
