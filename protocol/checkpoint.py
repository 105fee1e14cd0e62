"""Signed heads of record logs: C2SP tlog-checkpoint notes, and other nodes' cosignatures (C2SP tlog-cosignature).

A note is text: three lines (origin, number of entries, root in base64), an empty line, and one line per signature.
Names carry the Ed25519 key of who signs, so that a note can be checked with nothing at hand; whose key it is the ledger
says.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from protocol.errors import RejectError
from protocol.ids import Digest, PeerId
from protocol.params import HASH_BYTES, MAX_COSIGNATURES, MAX_NOTE_BYTES
from protocol.signed import Signer, verify_bytes
from protocol.units import UnixSeconds

LOG: Final = "guildmark/log/"
"""What a log's origin begins with; its provider's Ed25519 key follows, hexadecimal."""

WITNESS: Final = "guildmark/witness/"
"""What a witness's name begins with; its node's Ed25519 key follows, hexadecimal."""

_ED25519: Final = 0x01
_COSIGNATURE: Final = 0x04
"""Kinds of signature in the C2SP signed-note format."""

_DASH: Final = "\N{EM DASH}"
_KEY_HASH: Final = 4
_TIME: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How many entries a provider's log has, and their RFC 9162 root."""

    provider: PeerId
    size: int
    root: Digest

    @property
    def origin(self) -> str:
        """The log's name."""
        return LOG + self.provider.hex()

    @property
    def log(self) -> Digest:
        """What the log is anchored as on the ledger: SHA-256 of its origin."""
        return Digest(sha256(self.origin.encode()).digest())

    @property
    def body(self) -> bytes:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_text(self.root)}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """A witness's word that this is the only history of the log that it has seen."""

    witness: PeerId
    at: UnixSeconds
    """Wall time of the witness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A checkpoint whose log signed it, and the cosignatures on it that hold."""

    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]
    """In order of witness; of several by one witness the latest."""


def sign_checkpoint(provider: Signer, size: int, root: Digest) -> bytes:
    """The note in which a provider states the head of its log; its node's key signs."""
    checkpoint = Checkpoint(provider=PeerId(provider.key), size=size, root=root)
    signature = provider.sign(checkpoint.body)
    return checkpoint.body + b"\n" + _line(checkpoint.origin, _ED25519, checkpoint.provider, signature)


def cosign(witness: Signer, checkpoint: Checkpoint, at: UnixSeconds) -> bytes:
    """The line by which a witness vouches for a checkpoint; its node's key signs, ``at`` is wall time."""
    signature = at.to_bytes(_TIME, "big") + witness.sign(_cosigned(checkpoint, at))
    return _line(WITNESS + witness.key.hex(), _COSIGNATURE, witness.key, signature)


def with_cosignatures(note: bytes, lines: Sequence[bytes]) -> bytes:
    """``note`` with further signature lines below it."""
    return note + b"".join(lines)


def read_note(content: bytes) -> Note:
    """The checkpoint in a note, once its log signed it; lines of unknown kind or form are passed over, as C2SP asks.

    Raises:
        RejectError: not a note, too large, not a checkpoint of a provider's log, not signed by that log, or a
            cosignature that does not hold.
    """
    body, lines = _split(content)
    checkpoint = _checkpoint(body)
    own, cosignatures = False, dict[PeerId, Cosignature]()
    for line in lines:
        name, signature = _signature(line)
        if name == checkpoint.origin and signature[:_KEY_HASH] == _key_hash(name, _ED25519, checkpoint.provider):
            verify_bytes(checkpoint.provider, body, signature[_KEY_HASH:], "the log's signature does not hold")
            own = True
        elif name.startswith(WITNESS):
            found = _cosignature(checkpoint, name, signature)
            if found is not None:
                known = cosignatures.get(found.witness, found)
                cosignatures[found.witness] = max(known, found, key=lambda c: c.at)
    if not own:
        raise RejectError("the checkpoint is not signed by its log")
    return Note(checkpoint=checkpoint, cosignatures=tuple(cosignatures[peer] for peer in sorted(cosignatures)))


def tidy_note(content: bytes) -> bytes:
    """The same note in one form: the log's signature, then one line per witness in order, and nothing else.

    Raises:
        RejectError: as ``read_note``.
    """
    note, (body, lines) = read_note(content), _split(content)
    kept: dict[str, str] = {}
    for line in lines:
        name, signature = _signature(line)
        if name == note.checkpoint.origin:
            if signature[:_KEY_HASH] == _key_hash(name, _ED25519, note.checkpoint.provider):
                kept.setdefault(name, line)
        elif name.startswith(WITNESS):
            found = _cosignature(note.checkpoint, name, signature)
            if found in note.cosignatures:
                kept[name] = line
    order = [note.checkpoint.origin, *(WITNESS + cosigned.witness.hex() for cosigned in note.cosignatures)]
    return body + b"\n" + "".join(f"{kept[name]}\n" for name in order).encode()


def read_cosignature(line: bytes, checkpoint: Checkpoint) -> Cosignature:
    """The cosignature in one line that a witness answered with.

    Raises:
        RejectError: it is none on ``checkpoint``, or does not hold.
    """
    try:
        name, signature = _signature(line.decode().removesuffix("\n"))
    except UnicodeDecodeError as error:
        raise RejectError("the cosignature is not text") from error
    found = _cosignature(checkpoint, name, signature)
    if found is None or line != _line(name, _COSIGNATURE, found.witness, signature[_KEY_HASH:]):
        raise RejectError("not a witness's cosignature")
    return found


def _cosignature(checkpoint: Checkpoint, name: str, signature: bytes) -> Cosignature | None:
    """The cosignature by the witness ``name``; None when the line is of another kind."""
    witness = PeerId(_key(name.removeprefix(WITNESS)))
    if signature[:_KEY_HASH] != _key_hash(name, _COSIGNATURE, witness):
        return None
    at = UnixSeconds(int.from_bytes(signature[_KEY_HASH : _KEY_HASH + _TIME], "big"))
    verify_bytes(witness, _cosigned(checkpoint, at), signature[_KEY_HASH + _TIME :], "a cosignature does not hold")
    return Cosignature(witness=witness, at=at)


def _cosigned(checkpoint: Checkpoint, at: UnixSeconds) -> bytes:
    return f"cosignature/v1\ntime {at}\n".encode() + checkpoint.body


def _split(content: bytes) -> tuple[bytes, list[str]]:
    if len(content) > MAX_NOTE_BYTES:
        raise RejectError(f"the note has {len(content)} bytes, more than {MAX_NOTE_BYTES}")
    body, separator, below = content.partition(b"\n\n")
    try:
        lines = below.decode().split("\n")
    except UnicodeDecodeError as error:
        raise RejectError("the note is not text") from error
    if not separator or lines.pop() != "" or not 0 < len(lines) <= MAX_COSIGNATURES + 1:
        raise RejectError("not a signed note")
    return body + b"\n", lines


def _checkpoint(body: bytes) -> Checkpoint:
    try:
        origin, size, root, end = body.decode().split("\n")
    except (UnicodeDecodeError, ValueError) as error:
        raise RejectError("not a checkpoint of three lines") from error
    if end or not origin.startswith(LOG) or not size.isascii() or not size.isdecimal() or len(size) > 19:
        raise RejectError("not a checkpoint of a provider's log")
    found = Checkpoint(
        provider=PeerId(_key(origin.removeprefix(LOG))), size=int(size), root=Digest(_content(root, HASH_BYTES))
    )
    if found.body != body:
        raise RejectError("the checkpoint is not in canonical form")
    return found


def _signature(line: str) -> tuple[str, bytes]:
    match line.split(" "):
        case [dash, name, text] if dash == _DASH and name:
            return name, _content(text)
    raise RejectError("not a signature line")


def _line(name: str, kind: int, key: bytes, signature: bytes) -> bytes:
    return f"{_DASH} {name} {_text(_key_hash(name, kind, key) + signature)}\n".encode()


def _key_hash(name: str, kind: int, key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:_KEY_HASH]


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise RejectError("a name without an Ed25519 key") from error
    if len(key) != HASH_BYTES or key.hex() != text:
        raise RejectError("a name without an Ed25519 key")
    return key


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _content(text: str, length: int | None = None) -> bytes:
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RejectError("the note holds text that is not base64") from error
    if _text(content) != text or (length is not None and len(content) != length):
        raise RejectError("the note holds base64 of the wrong length")
    return content
