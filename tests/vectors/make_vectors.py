"""Writes the test vectors: per message one JSON file with the wire forms that peers accept, and more that they reject.

A file is a list of vectors, one per line. ``wire`` is hexadecimal. Without ``topic`` it is the message itself; with
``topic`` it is a signed envelope whose payload is the message. ``fields`` says what has to come out (bytes in
hexadecimal, integers exact, an enum as its value); ``reject`` is part of the reason that this implementation gives.
Another implementation passes when it accepts and rejects the same wire forms. The files of ``STATES`` hold the ledger's
state machines instead: see ``tests/vectors/situations.py``.

    python -m tests.vectors.make_vectors            write the files
    python -m tests.vectors.make_vectors --check    say which files are stale; exit 1 if any is
"""

import json
import sys
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from protocol.wire import encode
from tests.vectors import case_states, licence_states, member_states, order_states, situations
from tests.vectors.malformed import malformed
from tests.vectors.messages import SIGNER, Message, messages
from tests.vectors.missigned import missigned
from tests.vectors.texts import Text, texts

HERE = Path(__file__).parent

STATES = {"case": case_states, "licence": licence_states, "member": member_states, "order": order_states}
"""Who tells the stories of each state machine."""


def vectors(message: Message) -> list[dict[str, Any]]:
    """Accepted forms first, then the rejected ones."""
    accepted: list[dict[str, Any]] = [
        {"name": name, "wire": encode(value).hex(), "fields": legible(value)} for name, value in message.accepted
    ]
    small = message.accepted[0][1]
    rejected = [
        {"name": name, "wire": wire.hex(), "reject": reason}
        for name, wire, reason in malformed(message.kind, [value for _, value in message.accepted])
    ]
    if message.topic is None:
        return accepted + rejected
    enveloped = encode(message.signed(SIGNER, small))
    accepted.append({"name": "signed", "topic": message.topic, "wire": enveloped.hex(), "fields": legible(small)})
    rejected += [
        {"name": name, "topic": message.topic, "wire": wire.hex(), "reject": reason}
        for name, wire, reason in missigned(message, small)
    ]
    return accepted + rejected


def text_vectors(text: Text) -> list[dict[str, Any]]:
    """The same for what is not msgpack; ``wire`` is its bytes in hexadecimal."""
    accepted = [
        {"name": name, "wire": content.hex(), "fields": legible(text.read(content))} for name, content in text.accepted
    ]
    return accepted + [
        {"name": name, "wire": content.hex(), "reject": reason} for name, content, reason in text.rejected
    ]


def legible(value: object) -> Any:
    """``value`` as JSON carries it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: legible(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [legible(item) for item in value]
    if is_dataclass(value):
        return {field.name: legible(getattr(value, field.name)) for field in fields(value)}
    return value


def files() -> dict[Path, str]:
    """Every file and what has to stand in it."""
    lists = {message.file: vectors(message) for message in messages()}
    lists |= {text.file: text_vectors(text) for text in texts()}
    for name, told in STATES.items():
        lists[name] = situations.vectors(told.situations(), told.tries, legible)
    return {
        HERE / f"{name}.json": "[\n" + ",\n".join(json.dumps(vector) for vector in found) + "\n]\n"
        for name, found in lists.items()
    }


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit code."""
    wanted = files()
    if arguments != ["--check"]:
        for path, text in wanted.items():
            path.write_text(text)
        return 0
    found = {path: path.read_text() for path in HERE.glob("*.json")}
    stale = sorted(path.name for path in found.keys() | wanted.keys() if found.get(path) != wanted.get(path))
    if stale:
        print(f"stale: {', '.join(stale)}; run python -m tests.vectors.make_vectors", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
