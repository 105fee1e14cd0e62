"""A fingerprint per recipient: which winner a leaked program was issued to. It deters and traces; it hides nothing.

The mark is 32 bits that only the customer's node can compute. It is carried twice: in the parity of feed rates, each
bit's number chosen by where the machine stands, so that cutting, sorting or stripping lines leaves the rest readable;
and in a printed part's fill angle or a nest's placements, which survive a rewriting of all feeds. Whoever rebuilds the
model and makes new code of it gets rid of both.
"""

import hmac
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NewType

import numpy as np

from node.machine_code.gcode import Line, lines
from protocol.ids import JobId, PeerId

Mark = NewType("Mark", int)
"""32 bits."""

BITS = 32
SURE = 0.9
"""Share of a bit's votes that must agree for it to count as read; chance gives half."""

ANGLES = 1000
ANGLE_FIRST, ANGLE_STEP = 40.0, 0.01
"""Fill angles in degrees: between 40 and 50, a hundredth apart; a long line shows its own to a thousandth."""

SHIFTS, SHIFT = 16, 0.05
"""Placements of a nested part: sixteen along each side, so many millimetres apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What could be read of a mark."""

    value: int
    known: int
    """Bits of ``value`` that were read."""

    angle: int | None = None
    """Number of the fill angle."""

    @property
    def bits(self) -> int:
        """How many bits were read."""
        return self.known.bit_count() + (10 if self.angle is not None else 0)

    def fits(self, mark: Mark) -> bool:
        """Whether nothing that was read speaks against ``mark``; a stranger's fits once in two to the ``bits``."""
        same_angle = self.angle is None or min((self.angle - mark) % ANGLES, (mark - self.angle) % ANGLES) <= 1
        return self.bits > 0 and (self.value ^ mark) & self.known == 0 and same_angle


def mark_of(secret: bytes, job: JobId, operation: int, recipient: PeerId) -> Mark:
    """The mark of what ``recipient`` gets for ``operation``; the same every time, and known to nobody else."""
    tag = b"guildmark/mark/1" + job + operation.to_bytes(4, "big") + recipient
    return Mark(int.from_bytes(hmac.digest(secret, tag, "sha256")[:4], "big"))


def angle_of(mark: Mark) -> float:
    """The fill angle, degrees."""
    return ANGLE_FIRST + ANGLE_STEP * (mark % ANGLES)


def shifts_of(mark: Mark, count: int) -> list[tuple[float, float]]:
    """Millimetres by which each of ``count`` nested parts is moved; every four of them carry the mark once."""
    symbols = [mark >> (8 * (number % 4)) & 0xFF for number in range(count)]
    return [(SHIFT * (symbol % SHIFTS), SHIFT * (symbol // SHIFTS)) for symbol in symbols]


def read_shifts(corners: Iterable[tuple[float, float]]) -> Found:
    """Read placements back: where each part's lowest corner lies, millimetres from the sheet's, in order."""
    value = known = 0
    for number, (x, y) in enumerate(corners):
        across, along = (round(edge / SHIFT) % SHIFTS for edge in (x, y))
        place = 8 * (number % 4)
        value = value & ~(0xFF << place) | (across + SHIFTS * along) << place
        known |= 0xFF << place
    return Found(value=value, known=known)


def embed(program: bytes, mark: Mark) -> bytes:
    """The program with every feed rate odd or even as the mark says; none changes by more than 1 mm/min."""
    place = [0.0, 0.0]
    marked = []
    for words in lines(program):
        place = _moved(place, words)
        bit = mark >> _number(place) & 1
        marked.append(" ".join(letter + (_even(number, bit) if letter == "F" else number) for letter, number in words))
    return "\n".join([*marked, ""]).encode()


def read_feeds(program: bytes) -> Found:
    """Read feed rates back; a program that was never marked gives few bits or none."""
    votes = np.zeros((BITS, 2), dtype=np.int64)
    place = [0.0, 0.0]
    for words in lines(program):
        place = _moved(place, words)
        for letter, number in words:
            if letter == "F":
                votes[_number(place), round(float(number)) & 1] += 1
    total = votes.sum(axis=1)
    sure = (total > 0) & (votes.max(axis=1) >= SURE * total)
    value = sum(1 << bit for bit in range(BITS) if sure[bit] and votes[bit, 1] > votes[bit, 0])
    known = sum(1 << bit for bit in range(BITS) if sure[bit])
    if sure.sum() < 0.8 * (total > 0).sum():  # as many disagree as in a program that nobody marked
        return Found(value=0, known=0)
    return Found(value=value, known=known)


def read_angle(ends: "np.typing.NDArray[np.float64]", works: "np.typing.NDArray[np.bool_]") -> int | None:
    """The number of the fill angle that most of the printed length follows, or None when none stands out."""
    steps = np.diff(ends[:, :2], axis=0)[works[1:]]
    lengths = np.linalg.norm(steps, axis=1)
    steps, lengths = steps[lengths > 2], lengths[lengths > 2]
    if not len(steps):
        return None
    angles = np.degrees(np.arctan2(steps[:, 1], steps[:, 0])) % 90
    inside = (angles >= ANGLE_FIRST - 0.05) & (angles < ANGLE_FIRST + ANGLES * ANGLE_STEP + 0.05)
    if lengths[inside].sum() < 0.1 * lengths.sum():
        return None
    bins = np.round((angles[inside] - ANGLE_FIRST) / ANGLE_STEP).astype(np.int64).clip(0, ANGLES - 1)
    weights = np.bincount(bins, weights=lengths[inside], minlength=ANGLES)
    peak = int(np.convolve(weights, [1, 1, 1], mode="same").argmax())
    return peak if weights[max(0, peak - 2) : peak + 3].sum() > 0.5 * lengths[inside].sum() else None


def _moved(place: list[float], words: Line) -> list[float]:
    values = dict(words)
    return [float(values.get(axis, old)) for axis, old in zip("XY", place, strict=True)]


def _number(place: list[float]) -> int:
    """Which bit is carried there."""
    return zlib.crc32(f"{place[0]:.2f} {place[1]:.2f}".encode()) % BITS


def _even(number: str, bit: int) -> str:
    whole = max(2, round(float(number)))
    return str(whole + (whole & 1 ^ bit) * (1 if whole & 1 == 0 else -1))
