"""Dataclass to bytes and back: the only module that knows the encoding, and it accepts one encoding per value.

The wire form is derived: a dataclass is the msgpack array of its fields' values in declared order; a tuple is an
array; an optional value is nil or the value; an enum is its value. Decoding checks arity and exact types (a bool is
not an int, an int fits 64 bits, there are no floats) and that encoding the result gives the same bytes again.
"""

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgpack

from protocol.errors import RejectError

T = TypeVar("T")

MAX_DEPTH = 12
"""Nested arrays in one message; the deepest real message has six."""


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
    kind = getattr(kind, "__supertype__", kind)
    origin = get_origin(kind)
    if origin is tuple:
        return _tuple_parser(get_args(kind))
    if origin in (Union, types.UnionType):
        return _optional_parser(get_args(kind))
    if is_dataclass(kind) and isinstance(kind, type):
        return _record_parser(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_parser(kind)
    if kind in (int, bytes, str, bool):
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
        item = _parser(arguments[0])

        def parse(plain: object, where: str) -> tuple[Any, ...]:
            return tuple(item(value, where) for value in _array(plain, where))

        return parse
    items = [_parser(argument) for argument in arguments]

    def parse_fixed(plain: object, where: str) -> tuple[Any, ...]:
        values = _array(plain, where, arity=len(items))
        return tuple(parse(value, where) for parse, value in zip(items, values, strict=True))

    return parse_fixed


def _optional_parser(arguments: tuple[Any, ...]) -> Callable[[object, str], Any]:
    (present,) = [argument for argument in arguments if argument is not type(None)]
    inner = _parser(present)

    def parse(plain: object, where: str) -> object:
        return None if plain is None else inner(plain, where)

    return parse


def _record_parser(kind: type) -> Callable[[object, str], Any]:
    hints = get_type_hints(kind)
    arity = len(fields(kind))
    columns = [(field.name, f"{kind.__name__}.{field.name}", _parser(hints[field.name])) for field in fields(kind)]

    def parse(plain: object, where: str) -> object:
        values = _array(plain, where, arity=arity)
        return kind(**{name: p(v, place) for (name, place, p), v in zip(columns, values, strict=True)})

    return parse


def _array(plain: object, where: str, arity: int | None = None) -> list[Any]:
    if type(plain) is not list:
        raise RejectError(f"{where} is {type(plain).__name__}, not an array")
    if arity is not None and len(plain) != arity:
        raise RejectError(f"{where} has {len(plain)} values, not {arity}")
    return plain
