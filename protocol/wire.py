"""Dataclass to bytes and back: the only module that knows the encoding, and it accepts one encoding per value.

The wire form is derived: a dataclass is the msgpack array of its fields' values in declared order; a tuple is an
array; an optional value is nil or the value; an enum is its value. Decoding checks arity and exact types (a bool is
not an int, an int fits 64 bits, there are no floats) and that encoding the result gives the same bytes again.
"""

import types
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgpack

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
    return bytes(msgpack.packb(_plain(message, 0), use_bin_type=True))


def decode(kind: type[T], data: bytes, *, limit: int | None = None) -> T:
    """Inverse of ``encode``.

    Raises:
        RejectError: longer than ``limit`` bytes, not msgpack, wrong arity, wrong type, or not the canonical bytes.
    """
    if limit is not None and len(data) > limit:
        raise RejectError(f"{kind.__name__} has {len(data)} bytes, more than {limit}")
    try:
        plain = msgpack.unpackb(data, raw=False, strict_map_key=True, max_map_len=0, max_ext_len=0)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise RejectError(f"{kind.__name__} is not msgpack: {error}") from error
    message: T = _parser(kind)(plain, kind.__name__)
    # The types have been checked exactly, so the plain values are those that ``encode`` would pack.
    if msgpack.packb(plain, use_bin_type=True) != data:
        raise RejectError(f"{kind.__name__} is not in canonical form")
    return message


def _plain(value: object, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise RejectError("nested too deeply")
    kind = type(value)
    if value is None or kind in (bytes, str, bool):
        return value
    if kind is int:
        if not -(2**63) <= value < 2**64:  # type: ignore[operator]  # it is an int
            raise RejectError(f"{value} does not fit 64 bits")
        return value
    if kind is tuple:
        return [_plain(item, depth + 1) for item in value]  # type: ignore[attr-defined]  # it is a tuple
    if isinstance(value, Enum):
        return value.value
    columns: tuple[str, ...] = _columns(kind)  # type: ignore[arg-type]  # every class is hashable
    return [_plain(getattr(value, name), depth + 1) for name in columns]


@cache
def _columns(kind: type) -> tuple[str, ...]:
    """Names of a dataclass's fields in order."""
    if not is_dataclass(kind):
        raise RejectError(f"{kind.__name__} has no wire form")
    return tuple(field.name for field in fields(kind))


def _parser(kind: Any) -> Callable[[object, str], Any]:
    found: Callable[[object, str], Any] = _cached_parser(kind)
    return found


@cache
def _cached_parser(kind: Any) -> Callable[[object, str], Any]:
    kind = _unwrapped(kind)
    origin = get_origin(kind)
    if origin is tuple:
        return _tuple_parser(get_args(kind))
    if origin in (Union, types.UnionType):
        return _optional_parser(get_args(kind))
    if is_dataclass(kind) and isinstance(kind, type):
        return _records(kind).one
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_parser(kind)
    if kind in SCALARS:
        return _scalar_parser(kind)
    raise AssertionError(f"{kind} has no wire form")


def _scalar_parser(kind: type) -> Callable[[object, str], Any]:
    def parse(plain: object, where: str) -> object:
        if type(plain) is not kind:
            raise RejectError(f"{where} is {type(plain).__name__}, not {kind.__name__}")
        return plain

    return parse


def _enum_parser(kind: type[Enum]) -> Callable[[object, str], Any]:
    known = {member.value: member for member in kind}
    value_type = type(next(iter(known)))

    def parse(plain: object, where: str) -> Enum:
        if type(plain) is not value_type or plain not in known:
            raise RejectError(f"{where}: {plain!r} is not a {kind.__name__}")
        return known[plain]

    return parse


def _tuple_parser(arguments: tuple[Any, ...]) -> Callable[[object, str], Any]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        if is_dataclass(arguments[0]):
            return _records_parser(arguments[0])
        item = _parser(arguments[0])

        def parse(plain: object, where: str) -> tuple[Any, ...]:
            return tuple([item(value, where) for value in _array(plain, where)])

        return parse
    items = [_parser(argument) for argument in arguments]

    def parse_fixed(plain: object, where: str) -> tuple[Any, ...]:
        values = _array(plain, where, arity=len(items))
        return tuple(parse(value, where) for parse, value in zip(items, values, strict=True))

    return parse_fixed


def _records_parser(kind: Any) -> Callable[[object, str], Any]:
    many = _records(kind).many

    def parse(plain: object, where: str) -> tuple[Any, ...]:
        plains = _array(plain, where)
        return tuple(many(plains, where)) if plains else ()

    return parse


def _optional_parser(arguments: tuple[Any, ...]) -> Callable[[object, str], Any]:
    (present,) = [argument for argument in arguments if argument is not type(None)]
    inner = _parser(present)

    def parse(plain: object, where: str) -> object:
        return None if plain is None else inner(plain, where)

    return parse


@cache
def _records(kind: type) -> "_Records":
    return _Records(kind)


class _Records:
    """Parses one dataclass's records, which are most of what comes off the wire.

    One comparison settles the scalars of a record that is well formed; of any other each value is parsed, which says
    what is wrong with it. Many records of one kind are taken column by column.
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

    def one(self, plain: object, where: str) -> object:
        """The record in one array."""
        values = _array(plain, where, len(self._columns))[:]
        for index, place, parse in self._nested if [*map(type, values)] == self._expected else self._columns:
            values[index] = parse(values[index], place)
        record: object = object.__new__(self._kind)
        for put, value in zip(self._setters, values, strict=True):
            put(record, value)
        return record

    def many(self, plains: list[Any], where: str) -> list[object]:
        """The records in an array of arrays."""
        if len(plains) < FEW or {*map(type, plains)} != {list} or {*map(len, plains)} != {len(self._columns)}:
            return [self.one(plain, where) for plain in plains]
        table: list[Sequence[Any]] = [*zip(*plains, strict=True)]
        if any({*map(type, column)} != {one} for column, one in zip(table, self._expected, strict=True)):
            return [self.one(plain, where) for plain in plains]
        for index, place, parse in self._nested:
            table[index] = [parse(value, place) for value in table[index]]
        records: list[object] = [object.__new__(self._kind) for _ in plains]
        for put, column in zip(self._setters, table, strict=True):
            deque(map(put, records, column), maxlen=0)
        return records


def _plain_type(kind: Any) -> type | None:
    """The one type that a kind's plain values have; None when they may have several."""
    kind = _unwrapped(kind)
    if get_origin(kind) in (Union, types.UnionType):
        return None
    if isinstance(kind, type) and issubclass(kind, Enum):
        return type(next(iter(kind)).value)
    return kind if kind in SCALARS else list


def _setters(kind: type) -> list[Callable[[object, object], None]]:
    """What puts a record's values into it; a frozen dataclass's own constructor takes three times as long."""
    members = [kind.__dict__[field.name] for field in fields(kind)]
    if hasattr(kind, "__post_init__") or not all(isinstance(m, types.MemberDescriptorType) for m in members):
        raise AssertionError(f"{kind.__name__} is more than a slotted dataclass")
    return [member.__set__ for member in members]


def _unwrapped(kind: Any) -> Any:
    return getattr(kind, "__supertype__", kind)


def _array(plain: object, where: str, arity: int | None = None) -> list[Any]:
    if type(plain) is not list:
        raise RejectError(f"{where} is {type(plain).__name__}, not an array")
    if arity is not None and len(plain) != arity:
        raise RejectError(f"{where} has {len(plain)} values, not {arity}")
    return plain
