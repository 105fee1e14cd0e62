"""JSON with one form per value, for what other people's tools must read: RFC 8785 without floats; the rest is refused.

The form is derived as in ``protocol.wire``: a dataclass is an object of its fields, a tuple an array, bytes are
lower-case hexadecimal, an optional value is null or the value. Integers stay within 53 bits, which every JSON reader
carries exactly. Parsing checks names, exact types and that writing the result gives the same bytes again.
"""

import json
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from protocol.errors import RejectError

T = TypeVar("T")

Json = Mapping[str, Any] | Sequence[Any] | str | int | bool | None

MAX_INTEGER = 2**53 - 1
"""Largest magnitude that a JSON number carries exactly (RFC 7493 section 2.2)."""

MAX_OPENINGS = 1_024
"""Brackets and braces that open in one text, four times what a full record needs: the C parser recurses for each, and
only the interpreter's recursion limit, which libraries raise, would keep a stranger from overflowing its stack."""


def _no_float(text: str) -> Any:
    raise ValueError(f"{text} is not an integer")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise ValueError(f"an integer of {len(text)} characters does not fit 53 bits")
    return int(text)


_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode
_read = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float, parse_int=_integer).decode


def dump(value: Json) -> bytes:
    """The one form of plain JSON: no spaces, keys in order, UTF-8.

    Raises:
        RejectError: text that is not Unicode, or nested too deeply to write.
    """
    try:
        return _write(value).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise RejectError("not Unicode, or nested too deeply") from error


def load(content: bytes, what: str) -> Any:
    """Inverse of ``dump``.

    Raises:
        RejectError: not JSON, a float or an integer beyond 53 bits in it, more than ``MAX_OPENINGS`` brackets opened,
            or not the canonical bytes.
    """
    if content.count(b"[") + content.count(b"{") > MAX_OPENINGS:
        raise RejectError(f"{what} is nested too deeply")
    try:
        value = _read(content.decode())
    except (ValueError, RecursionError) as error:
        raise RejectError(f"{what} is not JSON: {error}") from error
    if dump(value) != content:
        raise RejectError(f"{what} is not in canonical form")
    return value


def plain(value: object) -> Json:
    """``value`` as JSON carries it."""
    if value is None or type(value) in (bool, str):
        return value  # type: ignore[return-value]  # narrowed by type(), which mypy does not follow
    if type(value) is int:
        if abs(value) > MAX_INTEGER:
            raise RejectError(f"{value} does not fit 53 bits")
        return value
    if type(value) is bytes:
        return value.hex()
    if type(value) is tuple:
        return [plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    raise RejectError(f"{type(value).__name__} has no JSON form")


def parse(kind: Any, value: Json, where: str) -> Any:
    """Inverse of ``plain`` for a type.

    Raises:
        RejectError: a value of another type, or an object with other names.
    """
    return _parser(kind)(value, where)


@cache
def _parser(kind: Any) -> Callable[[Any, str], Any]:
    kind = getattr(kind, "__supertype__", kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _tuple_parser(_parser(arguments[0]))
    if origin in (Union, types.UnionType):
        (present,) = [argument for argument in arguments if argument is not type(None)]
        inner = _parser(present)
        return lambda value, where: None if value is None else inner(value, where)
    if is_dataclass(kind) and isinstance(kind, type):
        return _object_parser(kind)
    if kind is bytes:
        return _bytes
    if kind in (int, str, bool):
        return _scalar_parser(kind)
    raise AssertionError(f"{kind} has no JSON form")


def _scalar_parser(kind: type) -> Callable[[Any, str], Any]:
    def read(value: Any, where: str) -> Any:
        if type(value) is not kind:
            raise RejectError(f"{where} is {type(value).__name__}, not {kind.__name__}")
        return value

    return read


def _bytes(value: Any, where: str) -> bytes:
    try:
        found = bytes.fromhex(value)
    except (TypeError, ValueError) as error:
        raise RejectError(f"{where} is not hexadecimal") from error
    if found.hex() != value:
        raise RejectError(f"{where} is not in lower case")
    return found


def _tuple_parser(item: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def read(value: Any, where: str) -> Any:
        if type(value) is not list:
            raise RejectError(f"{where} is {type(value).__name__}, not an array")
        return tuple(item(entry, where) for entry in value)

    return read


def _object_parser(kind: type) -> Callable[[Any, str], Any]:
    hints = get_type_hints(kind)
    parsers = {field.name: _parser(hints[field.name]) for field in fields(kind)}

    def read(value: Any, where: str) -> Any:
        if type(value) is not dict or value.keys() != parsers.keys():
            raise RejectError(f"{where} is not an object of {', '.join(parsers)}")
        return kind(**{name: read_field(value[name], f"{where}.{name}") for name, read_field in parsers.items()})

    return read
