"""Dataclass to bytes and back: the only module that knows the encoding, and it accepts one encoding per value.

The wire form is derived: a dataclass is the msgpack array of its fields' values in declared order; a tuple is an
array; an optional value is nil or the value; an enum is its value. Decoding checks arity and exact types (a bool is
not an int, an int fits 64 bits, there are no floats) and that encoding the result gives the same bytes again.
"""

import types
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from itertools import chain, islice, repeat
from operator import attrgetter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgpack
from typing_extensions import override

from protocol.errors import RejectError

T = TypeVar("T")

MAX_DEPTH = 12
"""Nested arrays in one message; the deepest real message has six."""

SCALARS = (int, bytes, str, bool)
"""Types that are their own wire form."""

FEW = 6
"""So many records are parsed one by one: columns would not pay."""


def encode(message: object) -> bytes:
    """The one wire form of a dataclass.

    Raises:
        RejectError: a value has a type that the wire does not carry; the message was built wrongly.
    """
    plain = _plain(message, 0)
    try:
        return bytes(msgpack.packb(plain, use_bin_type=True))
    except OverflowError as error:
        raise RejectError("a number does not fit 64 bits") from error


def decode(kind: type[T], data: bytes, *, limit: int | None = None) -> T:
    """Inverse of ``encode``.

    Raises:
        RejectError: longer than ``limit`` bytes, not msgpack, wrong arity, wrong type, or not the canonical bytes.
    """
    if limit is not None and len(data) > limit:
        raise RejectError(f"{kind.__name__} has {len(data)} bytes, more than {limit}")
    plain = _unpacked(kind, data)
    message: T = _parser(kind).one(plain, kind.__name__)
    _check_canonical(kind, plain, data)
    return message


def decode_all(kind: type[T], wires: Sequence[bytes]) -> Sequence[T]:
    """Many messages at once, column by column, which takes two thirds of the time.

    Raises:
        RejectError: ``decode`` refuses one of them, and says which and why.
    """
    plains = [_unpacked(kind, wire) for wire in wires]
    messages: Sequence[T] = _parser(kind).many(plains, kind.__name__)
    for plain, wire in zip(plains, wires, strict=True):
        _check_canonical(kind, plain, wire)
    return messages


def _unpacked(kind: type, data: bytes) -> object:
    try:
        plain: object = msgpack.unpackb(
            data, raw=False, use_list=False, strict_map_key=True, max_map_len=0, max_ext_len=0
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise RejectError(f"{kind.__name__} is not msgpack: {error}") from error
    return plain


def _check_canonical(kind: type, plain: object, data: bytes) -> None:
    """Once parsed, ``plain`` has exactly the values that ``encode`` would pack."""
    if msgpack.packb(plain, use_bin_type=True) != data:
        raise RejectError(f"{kind.__name__} is not in canonical form")


def _plain(value: object, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise RejectError("nested too deeply")
    kind = type(value)
    if kind in SCALARS or value is None:
        return value
    if isinstance(value, Enum):
        return value.value
    items: tuple[Any, ...] = value if kind is tuple else _values_of(kind)(value)  # type: ignore[assignment, arg-type]
    if items and depth == MAX_DEPTH:
        raise RejectError("nested too deeply")
    # Most items are scalars: they need no call of their own.
    return [item if type(item) in SCALARS else _plain(item, depth + 1) for item in items]


@cache
def _values_of(kind: type) -> Callable[[object], tuple[object, ...]]:
    """What reads a dataclass's fields in order."""
    if not is_dataclass(kind):
        raise RejectError(f"{kind.__name__} has no wire form")
    names = [field.name for field in fields(kind)]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _parser(kind: Any) -> "_Parser":
    found: _Parser = _cached_parser(kind)
    return found


@cache
def _cached_parser(kind: Any) -> "_Parser":
    kind = _unwrapped(kind)
    origin = get_origin(kind)
    if origin is tuple:
        items = get_args(kind)
        return _Row(items[0]) if items[1:] == (Ellipsis,) else _Items(items)
    if origin in (Union, types.UnionType):
        return _Option(get_args(kind))
    if is_dataclass(kind) and isinstance(kind, type):
        return _Record(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _Choice(kind)
    if kind in SCALARS:
        return _Scalar(kind)
    raise AssertionError(f"{kind} has no wire form")


class _Parser(ABC):
    """Makes values of one type from plain ones, which it calls ``where`` when it refuses them."""

    @abstractmethod
    def one(self, plain: object, where: str) -> Any:
        """One value."""

    def many(self, plains: Sequence[Any], where: str) -> Sequence[Any]:
        """A column of values."""
        return [self.one(plain, where) for plain in plains]


class _Scalar(_Parser):
    def __init__(self, kind: type) -> None:
        self._kind = kind

    @override
    def one(self, plain: object, where: str) -> object:
        if type(plain) is not self._kind:
            raise RejectError(f"{where} is {_name(plain)}, not {self._kind.__name__}")
        return plain

    @override
    def many(self, plains: Sequence[Any], where: str) -> Sequence[Any]:
        return plains if {*map(type, plains)} == {self._kind} else super().many(plains, where)


class _Choice(_Parser):
    """A member of an enum."""

    def __init__(self, kind: type[Enum]) -> None:
        self._name = kind.__name__
        self._known = {member.value: member for member in kind}
        self._kind = type(next(iter(self._known)))

    @override
    def one(self, plain: object, where: str) -> Enum:
        if type(plain) is not self._kind or plain not in self._known:
            raise RejectError(f"{where}: {plain!r} is not a {self._name}")
        return self._known[plain]


class _Row(_Parser):
    """A tuple of any length; what is in the tuples of a column becomes one column."""

    def __init__(self, item: Any) -> None:
        self._item = _parser(item)

    @override
    def one(self, plain: object, where: str) -> tuple[Any, ...]:
        plains = _array(plain, where)
        return tuple(self._item.many(plains, where)) if plains else ()

    @override
    def many(self, plains: Sequence[Any], where: str) -> Sequence[Any]:
        if {*map(type, plains)} != {tuple}:
            return super().many(plains, where)
        items = iter(self._item.many([*chain.from_iterable(plains)], where))
        return [tuple(islice(items, len(plain))) if plain else () for plain in plains]


class _Items(_Parser):
    """A tuple of fixed length."""

    def __init__(self, items: tuple[Any, ...]) -> None:
        self._items = [_parser(item) for item in items]

    @override
    def one(self, plain: object, where: str) -> tuple[Any, ...]:
        values = _array(plain, where, arity=len(self._items))
        return tuple([item.one(value, where) for item, value in zip(self._items, values, strict=True)])


class _Option(_Parser):
    """A value or nothing."""

    def __init__(self, kinds: tuple[Any, ...]) -> None:
        (present,) = [kind for kind in kinds if kind is not type(None)]
        self._present = _parser(present)

    @override
    def one(self, plain: object, where: str) -> object:
        return None if plain is None else self._present.one(plain, where)


class _Record(_Parser):
    """A dataclass, of which most of what comes off the wire is made.

    One comparison settles the scalars of a record that is well formed; of any other each value is parsed, which says
    what is wrong with it. Many records are taken column by column.
    """

    def __init__(self, kind: type) -> None:
        hints = get_type_hints(kind)
        kinds = [hints[field.name] for field in fields(kind)]
        self._kind = kind
        self._columns = [
            (index, f"{kind.__name__}.{field.name}", _parser(hints[field.name]))
            for index, field in enumerate(fields(kind))
        ]
        self._expected = [_plain_type(one) for one in kinds]
        self._nested = [c for c, one in zip(self._columns, kinds, strict=True) if _unwrapped(one) not in SCALARS]
        self._setters = _setters(kind)

    @override
    def one(self, plain: object, where: str) -> object:
        values = [*_array(plain, where, len(self._columns))]
        for index, place, parser in self._nested if [*map(type, values)] == self._expected else self._columns:
            values[index] = parser.one(values[index], place)
        record: object = object.__new__(self._kind)
        for put, value in zip(self._setters, values, strict=True):
            put(record, value)
        return record

    @override
    def many(self, plains: Sequence[Any], where: str) -> Sequence[Any]:
        if len(plains) < FEW or {*map(type, plains)} != {tuple} or {*map(len, plains)} != {len(self._columns)}:
            return super().many(plains, where)
        records: list[object] = [*map(object.__new__, repeat(self._kind, len(plains)))]
        columns = zip(*plains, strict=True)
        for (_, place, parser), put, column in zip(self._columns, self._setters, columns, strict=True):
            deque(map(put, records, parser.many(column, place)), maxlen=0)
        return records


def _plain_type(kind: Any) -> type | None:
    """The one type that a kind's plain values have; None when they may have several."""
    kind = _unwrapped(kind)
    if get_origin(kind) in (Union, types.UnionType):
        return None
    if isinstance(kind, type) and issubclass(kind, Enum):
        return type(next(iter(kind)).value)
    return kind if kind in SCALARS else tuple


def _setters(kind: type) -> list[Callable[[object, object], None]]:
    """What puts a record's values into it; a frozen dataclass's own constructor takes three times as long."""
    members = [kind.__dict__[field.name] for field in fields(kind)]
    if hasattr(kind, "__post_init__") or not all(isinstance(m, types.MemberDescriptorType) for m in members):
        raise AssertionError(f"{kind.__name__} is more than a slotted dataclass")
    return [member.__set__ for member in members]


def _unwrapped(kind: Any) -> Any:
    return getattr(kind, "__supertype__", kind)


def _array(plain: object, where: str, arity: int | None = None) -> tuple[Any, ...]:
    if type(plain) is not tuple:
        raise RejectError(f"{where} is {_name(plain)}, not an array")
    if arity is not None and len(plain) != arity:
        raise RejectError(f"{where} has {len(plain)} values, not {arity}")
    return plain


def _name(plain: object) -> str:
    """What a plain value is called to whoever sent it."""
    return "list" if type(plain) is tuple else type(plain).__name__
