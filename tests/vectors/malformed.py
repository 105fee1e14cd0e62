"""Ways to spoil a message's wire form, each with the reason for which it is refused; writes msgpack byte by byte."""

import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgpack

from protocol.wire import encode

Spoilt = tuple[str, bytes, str]
"""Name, wire form, part of the reason."""

Path = tuple[int, ...]


class Raw(bytes):
    """Bytes that go into the wire form as they are."""


NOT_MSGPACK = "is not msgpack"
NOT_CANONICAL = "is not in canonical form"
THOUSAND_DEEP = b"\x91" * 1100 + b"\xc0"
EXTENSION = Raw(b"\xd4\x05\x00")
TIMESTAMP = Raw(b"\xd6\xff" + bytes(4))
DEEP = Raw(b"\x91" * 64 + b"\xc0")

SPOILS: dict[str, tuple[tuple[str, Callable[[Any], object], str], ...]] = {
    "int": (
        ("a boolean", lambda _: True, "is bool, not int"),
        ("a float of the same value", float, "is float, not int"),
        ("a text of its digits", str, "is str, not int"),
        ("nil", lambda _: None, "is NoneType, not int"),
        ("an integer longer than needed", lambda n: Raw(b"\xcf" + n.to_bytes(8, "big")), NOT_CANONICAL),
        ("a positive integer in a signed form", lambda n: Raw(b"\xd3" + n.to_bytes(8, "big")), NOT_CANONICAL),
        ("a timestamp", lambda _: TIMESTAMP, NOT_MSGPACK),
    ),
    "bytes": (
        ("text", lambda b: "x" * len(b), "is str, not bytes"),
        ("an array of its octets", list, "is list, not bytes"),
        ("nil", lambda _: None, "is NoneType, not bytes"),
        ("bytes with a longer header", lambda b: Raw(b"\xc5" + len(b).to_bytes(2, "big") + b), NOT_CANONICAL),
        ("bytes that promise more than there are", lambda _: Raw(b"\xc6\xff\xff\xff\xff"), NOT_MSGPACK),
        ("an extension", lambda _: EXTENSION, NOT_MSGPACK),
        ("an array 64 deep", lambda _: DEEP, "is list, not bytes"),
    ),
    "str": (
        ("bytes", lambda s: s.encode(), "is bytes, not str"),
        ("text that is not UTF-8", lambda _: Raw(b"\xa1\xff"), NOT_MSGPACK),
        ("a lone surrogate", lambda _: Raw(b"\xa3\xed\xa0\x80"), NOT_MSGPACK),
        ("text with a longer header", lambda s: Raw(b"\xda" + _counted(s)), NOT_CANONICAL),
    ),
    "bool": (
        ("the integer 1", lambda _: 1, "is int, not bool"),
        ("nil", lambda _: None, "is NoneType, not bool"),
    ),
    "enum": (
        ("an unknown value", lambda _: "because", "'because' is not a"),
        ("another case", lambda s: s.upper(), "is not a"),
        ("its ordinal", lambda _: 0, "0 is not a"),
    ),
    "tuple": (
        ("nil", lambda _: None, "is NoneType, not an array"),
        ("a map", lambda _: Raw(b"\x80"), "is dict, not an array"),
        ("an array with a longer header", lambda items: Raw(_long(items)), NOT_CANONICAL),
        ("an array that promises more than there is", lambda _: Raw(b"\xdd\xff\xff\xff\xff"), NOT_MSGPACK),
        ("an array with nil in it", lambda _: [None], "is NoneType, not"),
    ),
    "optional record": (
        ("false for nil", lambda _: False, "is bool, not"),
        ("an empty array for nil", lambda _: [], "values, not"),
    ),
    "optional array": (("false for nil", lambda _: False, "is bool, not"),),
    "optional number": (
        ("false for nil", lambda _: False, "is bool, not"),
        ("an empty array for nil", lambda _: [], "is list, not"),
    ),
    "record": (
        ("a record without its last value", lambda items: items[:-1], "values, not"),
        ("a record with a value too many", lambda items: [*items, None], "values, not"),
        ("a map", lambda items: Raw(b"\x81\xa1k\x01"), NOT_MSGPACK),
    ),
}
"""Per kind of value: what stands in its place, made from the plain value."""


def malformed(kind: type, messages: Sequence[object]) -> Iterator[Spoilt]:
    """Spoilt forms: the first of ``messages`` as a whole, and the first value of every kind in any of them."""
    wire = encode(messages[0])
    yield from _whole(wire, msgpack.unpackb(wire))
    seen = set()
    for message in messages:
        for path, name, shape in _places(kind, message, (), ""):
            if shape in seen:
                continue
            seen.add(shape)
            tree = msgpack.unpackb(encode(message))
            for title, spoil, reason in SPOILS[shape]:
                yield f"{name}: {title}", pack(_replaced(tree, path, spoil)), reason


def pack(tree: object) -> bytes:
    """Msgpack in its shortest form, except where a ``Raw`` says otherwise."""
    if isinstance(tree, Raw):
        return bytes(tree)
    if isinstance(tree, list):
        header = bytes([0x90 | len(tree)]) if len(tree) < 16 else b"\xdc" + len(tree).to_bytes(2, "big")
        return header + b"".join(pack(item) for item in tree)
    return bytes(msgpack.packb(tree))


def _whole(wire: bytes, tree: list[Any]) -> Iterator[Spoilt]:
    yield "nothing", b"", NOT_MSGPACK
    yield "nil", b"\xc0", "is NoneType, not an array"
    yield "the byte that msgpack never uses", b"\xc1", NOT_MSGPACK
    yield "an empty map", b"\x80", "is dict, not an array"
    yield "without the last value", pack(tree[:-1]), "values, not"
    yield "with a value too many", pack([*tree, None]), "values, not"
    yield "with a trailing byte", wire + b"\x00", NOT_MSGPACK
    yield "twice", wire * 2, NOT_MSGPACK
    yield "without the last byte", wire[:-1], NOT_MSGPACK
    yield "with a longer header", _long(tree), NOT_CANONICAL
    yield "an array a thousand deep", THOUSAND_DEEP, NOT_MSGPACK
    if len(tree) != 1:
        yield "wrapped in an array", b"\x91" + wire, "has 1 values, not"


def _places(hint: Any, value: object, path: Path, name: str) -> Iterator[tuple[Path, str, str]]:
    """Every value inside ``value``: where it stands, its dotted name, and its kind as ``SPOILS`` names it."""
    hint = getattr(hint, "__supertype__", hint)
    if get_origin(hint) in (Union, types.UnionType):
        (present,) = (argument for argument in get_args(hint) if argument is not type(None))
        array = get_origin(present) is tuple
        yield path, name, "optional array" if array else f"optional {'record' if is_dataclass(present) else 'number'}"
        if value is not None:
            yield from _places(present, value, path, name)
    elif isinstance(value, tuple):
        yield path, name, "tuple"
        for index, item in enumerate(value):
            yield from _places(_item(hint, index), item, (*path, index), f"{name}[{index}]")
    elif is_dataclass(value):
        if path:
            yield path, name, "record"
        hints = get_type_hints(type(value))
        for index, field in enumerate(fields(value)):
            inner = f"{name}.{field.name}" if name else field.name
            yield from _places(hints[field.name], getattr(value, field.name), (*path, index), inner)
    else:
        yield path, name, "enum" if isinstance(value, Enum) else type(value).__name__


def _item(hint: Any, index: int) -> Any:
    """Type of the item at ``index`` of a tuple."""
    arguments = get_args(hint)
    return arguments[0] if arguments[1] is Ellipsis else arguments[index]


def _replaced(tree: Any, path: Path, spoil: Callable[[Any], object]) -> object:
    if not path:
        return spoil(tree)
    return [_replaced(item, path[1:], spoil) if index == path[0] else item for index, item in enumerate(tree)]


def _counted(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()


def _long(items: list[Any]) -> bytes:
    return b"\xdd" + len(items).to_bytes(4, "big") + b"".join(pack(item) for item in items)
