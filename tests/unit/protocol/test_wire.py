"""One encoding per value: whatever can be built comes back, and whatever comes back is written as it came."""

import types
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.auction import Rise
from protocol.errors import RejectError
from protocol.requests import ResultRequest
from protocol.units import Cents, UnixSeconds
from protocol.wire import FEW, MAX_DEPTH, decode, decode_all, encode
from tests.vectors.messages import JOB, Message, messages

MANY = messages()
MESSAGES = pytest.mark.parametrize("message", MANY, ids=lambda message: message.file)
SCALARS: dict[type, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**63), 2**64 - 1),
    bytes: st.binary(max_size=40),
    str: st.text(max_size=12),
    bool: st.booleans(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that the wire carries."""
    hint = getattr(hint, "__supertype__", hint)
    if hint in SCALARS:
        return SCALARS[hint]
    if get_origin(hint) is tuple:
        first, *others = get_args(hint)
        if others == [...]:
            return st.lists(values(first), max_size=2).map(tuple)
        return st.tuples(values(first), *map(values, others))
    if get_origin(hint) in (Union, types.UnionType):
        (present,) = (argument for argument in get_args(hint) if argument is not type(None))
        return st.none() | values(present)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    assert isinstance(hint, type)
    assert is_dataclass(hint)
    hints = get_type_hints(hint)
    return st.builds(hint, **{field.name: values(hints[field.name]) for field in fields(hint)})


@MESSAGES
@settings(max_examples=12, deadline=None)
@given(st.data())
def test_any_message_comes_back_as_it_was_sent(message: Message, data: st.DataObject) -> None:
    value = data.draw(values(message.kind))
    wire = encode(value)
    assert decode(message.kind, wire) == value
    assert decode(message.kind, wire, limit=len(wire)) == value
    with pytest.raises(RejectError, match="more than"):
        decode(message.kind, wire, limit=len(wire) - 1)


@MESSAGES
@settings(max_examples=6, deadline=None)
@given(st.data())
def test_many_at_once_are_what_each_is_and_one_that_is_refused_refuses_all(
    message: Message, data: st.DataObject
) -> None:
    some = data.draw(st.lists(values(message.kind), min_size=FEW, max_size=FEW + 2))
    wires = [encode(value) for value in some]
    assert [*decode_all(message.kind, wires)] == some
    place = data.draw(st.integers(0, len(wires) - 1))
    for broken in (b"\xc1", b"\x90" * 2, msgpack.packb([0.5]), wires[place] + b"\0"):
        with pytest.raises(RejectError):
            decode_all(message.kind, [*wires[:place], broken, *wires[place:]])


@MESSAGES
@settings(max_examples=12, deadline=None)
@given(st.data())
def test_a_change_anywhere_is_refused_or_is_another_message(message: Message, data: st.DataObject) -> None:
    original = message.accepted[0][1]
    wire = bytearray(encode(original))
    wire[data.draw(st.integers(0, len(wire) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        value: object = decode(message.kind, bytes(wire))
    except RejectError:
        return
    assert encode(value) == wire
    assert value != original


trees = st.recursive(
    st.none() | st.floats() | st.one_of(*SCALARS.values()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(trees)
def test_any_msgpack_is_a_message_in_its_one_form_or_is_rejected(tree: object) -> None:
    wire = msgpack.packb(tree)
    for message in MANY:
        try:
            value: object = decode(message.kind, wire)
        except RejectError:
            continue
        assert encode(value) == wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A message with room for a value that has no business on the wire."""

    value: Any


@pytest.mark.parametrize(
    "value",
    [1.0, [1], {1: 2}, {1}, bytearray(b"x"), 2**64, -(2**63) - 1, pytest.param(object(), id="object")],
    ids=repr,
)
def test_a_value_that_the_wire_does_not_carry_is_not_sent(value: object) -> None:
    with pytest.raises(RejectError):
        encode(Carrier(value=value))


def test_a_message_nested_beyond_the_limit_is_not_sent() -> None:
    value: tuple[object, ...] = ()
    for _ in range(MAX_DEPTH - 1):
        value = (value,)
    assert encode(Carrier(value=value))
    with pytest.raises(RejectError, match="too deep"):
        encode(Carrier(value=(value,)))


def test_the_limit_is_checked_before_anything_is_parsed() -> None:
    with pytest.raises(RejectError, match="has 100 bytes, more than 99"):
        decode(ResultRequest, b"\xc1" * 100, limit=99)
    assert decode(ResultRequest, encode(ResultRequest(job=JOB)), limit=99).job == JOB


@pytest.mark.parametrize("row", [0, 5, 39])
@pytest.mark.parametrize(
    ("broken", "why"),
    [([1], "has 1 values"), ([0, "x"], "Rise.price is str"), (7, "not an array"), ([0, True], "bool")],
)
def test_one_broken_record_among_many_is_refused_and_named(row: int, broken: object, why: str) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Curve:
        rises: tuple[Rise, ...]

    rows: list[object] = [[start, start + 1] for start in range(40)]
    assert decode(Curve, msgpack.packb([rows])).rises[39] == Rise(start=UnixSeconds(39), price=Cents(40))
    rows[row] = broken
    with pytest.raises(RejectError, match=why):
        decode(Curve, msgpack.packb([rows]))
