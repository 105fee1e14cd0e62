"""How two nodes find what one of them lacks, in few questions: range-based set reconciliation over sorted ids.

After A. Meyer, "Range-Based Set Reconciliation", SRDS 2023. A range is ``lower <= id < upper``; an empty ``upper`` is
the end. Its fingerprint is a hash over all ids in it, and not a sum of them, since authors choose their ids. Refuses
ranges out of order, for a reader passes over each part of its ids once.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.params import HASH_BYTES, MAX_FETCH, MAX_RANGES, SUMMARY_IDS, SUMMARY_SPLIT
from protocol.signed import Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What the speaker holds between two ids: a fingerprint of it, or all of it."""

    lower: bytes
    upper: bytes
    """First id beyond the range; empty for the end."""

    fingerprint: bytes
    """See ``fingerprint``; empty where ``ids`` lists the range instead."""

    ids: tuple[Digest, ...]
    """Everything in the range in ascending order; empty where there is a fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Some of what the speaker holds; asked with fingerprints, answered with those ranges that differ."""

    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinsRequest:
    """Asks for the bulletins with these ids; answered with ``Bulletins``."""

    ids: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletins:
    """Those of the bulletins asked for that the answerer holds, as many as fit."""

    bulletins: tuple[Signed, ...]


def fingerprint(ids: Sequence[bytes]) -> bytes:
    """16 bytes of SHA-256 over sorted ``ids``, one after the other."""
    return sha256(b"".join(ids)).digest()[:16]


def question(ids: Sequence[Digest], lower: bytes = b"", upper: bytes = b"") -> Range:
    """The asker's range from ``lower`` to ``upper``; ``ids`` is all that it holds, sorted."""
    return Range(lower=lower, upper=upper, fingerprint=fingerprint(_within(ids, lower, upper)), ids=())


def check_summary(summary: Summary) -> None:
    """Whether a reader takes ``summary``.

    Raises:
        RejectError: more than ``MAX_RANGES * SUMMARY_SPLIT`` ranges, ranges that overlap or stand out of order, a range
            with both a fingerprint and ids, or ids that are none, out of order, out of their range, or more than
            ``SUMMARY_IDS``.
    """
    if len(summary.ranges) > MAX_RANGES * SUMMARY_SPLIT:
        raise RejectError(f"summary has {len(summary.ranges)} ranges")
    end: bytes = b""
    for number, part in enumerate(summary.ranges):
        if (number and (not end or part.lower < end)) or (part.upper and part.upper <= part.lower):
            raise RejectError("summary's ranges overlap or stand out of order")
        end = part.upper
        _check_ids(part)


def check_request(request: BulletinsRequest) -> None:
    """Whether a reader takes ``request``.

    Raises:
        RejectError: more than ``MAX_FETCH`` ids, or one of the wrong length.
    """
    if len(request.ids) > MAX_FETCH or any(len(one) != HASH_BYTES for one in request.ids):
        raise RejectError("request has too many ids or one that is none")


def differences(ids: Sequence[Digest], asked: Summary) -> Summary:
    """The answer of a node that holds ``ids``, sorted: where it differs from ``asked``, in ids or in smaller parts.

    Raises:
        RejectError: as ``check_summary``, or more than ``MAX_RANGES`` ranges.
    """
    check_summary(asked)
    if len(asked.ranges) > MAX_RANGES:
        raise RejectError(f"summary asks for {len(asked.ranges)} ranges at once")
    found: list[Range] = []
    for part in asked.ranges:
        held = _within(ids, part.lower, part.upper)
        if fingerprint(held) == part.fingerprint:
            continue
        if len(held) <= SUMMARY_IDS:
            found.append(Range(lower=part.lower, upper=part.upper, fingerprint=b"", ids=tuple(held)))
        else:
            found += _split(held, part.lower, part.upper)
    return Summary(ranges=tuple(found))


def lacking(ids: Sequence[Digest], answer: Summary) -> tuple[tuple[Digest, ...], tuple[Range, ...]]:
    """What the asker, which holds ``ids``, lacks for certain, and what it has to ask about more closely.

    Raises:
        RejectError: as ``check_summary``.
    """
    check_summary(answer)
    missing: list[Digest] = []
    closer: list[Range] = []
    for part in answer.ranges:
        held = _within(ids, part.lower, part.upper)
        if not part.fingerprint:
            own = set(held)
            missing += (one for one in part.ids if one not in own)
        elif fingerprint(held) != part.fingerprint:
            closer.append(question(ids, part.lower, part.upper))
    return tuple(missing), tuple(closer)


def _split(held: Sequence[Digest], lower: bytes, upper: bytes) -> list[Range]:
    """``held`` in parts of equal count, which together reach from ``lower`` to ``upper``."""
    step = -(-len(held) // SUMMARY_SPLIT)
    starts = [lower, *held[step::step]]
    ends = [*starts[1:], upper]
    return [question(held, start, end) for start, end in zip(starts, ends, strict=True)]


def _within(ids: Sequence[Digest], lower: bytes, upper: bytes) -> Sequence[Digest]:
    return ids[bisect_left(ids, lower) : bisect_left(ids, upper) if upper else len(ids)]


def _check_ids(part: Range) -> None:
    if part.fingerprint and part.ids:
        raise RejectError("summary gives a range twice")
    if len(part.ids) > SUMMARY_IDS or any(len(one) != HASH_BYTES for one in part.ids):
        raise RejectError("summary lists too many ids or one that is none")
    if any(one >= other for one, other in zip(part.ids, part.ids[1:], strict=False)):
        raise RejectError("summary's ids stand out of order")
    if part.ids and (part.ids[0] < part.lower or (part.upper and part.ids[-1] >= part.upper)):
        raise RejectError("summary's ids stand out of their range")
