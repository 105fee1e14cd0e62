"""What a winner gets instead of the model: programs for one machine, how to set it up, and what was checked."""

import hashlib
import zlib
from dataclasses import dataclass

from protocol import wire
from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.units import Grams, Seconds

MEDIA_TYPE = "application/vnd.guildmark.machine-code+msgpack"

LARGEST = 256 << 20
"""Bytes that one program may unpack to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramFile:
    """One program, packed."""

    name: str
    """Chosen by us: it names neither part nor customer."""

    size: int
    """Bytes, unpacked."""

    sha256: Digest
    """Of the program, unpacked."""

    packed: bytes
    """RFC 1950."""

    @classmethod
    def of(cls, name: str, text: bytes) -> "ProgramFile":
        """``text`` packed under ``name``."""
        digest = Digest(hashlib.sha256(text).digest())
        return cls(name=name, size=len(text), sha256=digest, packed=zlib.compress(text, 6))

    @property
    def text(self) -> bytes:
        """The program.

        Raises:
            RejectError: it does not unpack to what it says.
        """
        if not 0 <= self.size <= LARGEST:
            raise RejectError(f"{self.name} claims {self.size} bytes")
        try:
            text = zlib.decompressobj().decompress(self.packed, self.size + 1)
        except zlib.error as error:
            raise RejectError(f"{self.name} does not unpack") from error
        if len(text) != self.size or hashlib.sha256(text).digest() != self.sha256:
            raise RejectError(f"{self.name} is not what it says")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineCode:
    """Everything for one operation on one machine."""

    files: tuple[ProgramFile, ...]
    setup: tuple[str, ...]
    """The set-up sheet, line by line."""

    checks: tuple[str, ...]
    """What was checked before it was issued, and what could not be."""

    seconds: Seconds
    """Machine time of all parts, as the program's maker sees it; 0 where nobody says."""

    consumed: Grams
    """Material for all parts; 0 where nobody says."""


def open_code(content: bytes) -> MachineCode:
    """Parse what a winner received.

    Raises:
        RejectError: not machine code in canonical form.
    """
    return wire.decode(MachineCode, content)
