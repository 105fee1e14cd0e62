"""What a node holds of everybody's bulletins: refuses the expired, the superseded and what exceeds an author's quota.

Which bulletins are held depends on the set that arrived and not on its order (a join-semilattice), so that nodes that
exchange what they lack come to hold the same: of a renewing subject the highest sequence; of a subject that is said
once the two smallest messages, since two are the proof of an equivocation; of an author beyond its quota the lowest
sequences. Only bulletins of members take part in the exchange; strangers have a small room of their own.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, TypeVar

from protocol.bulletin import Bulletin, Equivocation, accept_bulletin, contradict, open_bulletin, renews, subject_of
from protocol.errors import IgnoreError
from protocol.ids import Digest, PeerId
from protocol.params import (
    BULLETIN_LIFETIME,
    MAX_BULLETIN_BYTES,
    MAX_BULLETINS,
    MAX_CLOCK_SKEW,
    MAX_STRANGER_BULLETINS,
    MAX_STRANGERS,
)
from protocol.signed import Signed
from protocol.units import UnixSeconds

K = TypeVar("K")

Slot = tuple[PeerId, str, bytes]
"""Author, topic and subject."""

WITNESSES: Final = 2
"""Different bulletins that are kept of a subject that is said once; the second proves the equivocation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One bulletin that the board holds."""

    id: Digest
    """Digest of the signed envelope."""

    signed: Signed
    bulletin: Bulletin
    slot: Slot

    @property
    def author(self) -> PeerId:
        """Who says it."""
        return self.signed.author


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a renewing subject has come, kept after its bulletin is gone so that no older one takes its place."""

    sequence: int
    until: UnixSeconds
    """Wall time after which no older bulletin can be alive."""


@dataclass(slots=True)
class _Author:
    """One author's bulletins, counted."""

    by_sequence: dict[int, list[Held]] = field(default_factory=dict)
    count: int = 0
    size: int = 0


class Board:
    """The bulletins in force. Wall time is passed in, and never runs backwards for what was thrown away."""

    def __init__(
        self, member: Callable[[PeerId], bool], check: Callable[[Bulletin], None], *, most: int = MAX_BULLETINS
    ) -> None:
        """Take ``member`` as who is registered, and ``check`` as what raises RejectError for a message of no use.

        A member may have ``most`` bulletins here.
        """
        self.horizon = UnixSeconds(0)
        self.admitted = 0
        """Bulletins taken in since start."""

        self.removed: list[Digest] = []
        """Ids thrown away since whoever keeps the board on disk last emptied the list."""

        self.moved: dict[Slot, Mark] = {}
        """Marks set since then."""

        self._member = member
        self._check = check
        self._most = most
        self._held: dict[Digest, Held] = {}
        self._ids: list[Digest] = []
        self._slots: dict[Slot, list[Held]] = {}
        self._authors: dict[PeerId, _Author] = {}
        self._marks: dict[Slot, Mark] = {}
        self._evidence: dict[PeerId, Equivocation] = {}

    def knows(self, one: Digest) -> bool:
        """Whether the bulletin with this id is held."""
        return one in self._held

    def get(self, one: Digest) -> Held | None:
        """The bulletin with this id, if it is held."""
        return self._held.get(one)

    def on(self, topic: str) -> tuple[Held, ...]:
        """All bulletins held on ``topic``, in order of author and sequence."""
        found = (held for held in self._held.values() if held.bulletin.topic == topic)
        return tuple(sorted(found, key=lambda held: (held.author, held.bulletin.sequence)))

    def ids(self, now: UnixSeconds) -> Sequence[Digest]:
        """Sorted ids of what takes part in the exchange; what is about to expire is left out, for clocks differ."""
        self.expire(now)
        alive = now + MAX_CLOCK_SKEW
        return [i for i in self._ids if self._held[i].bulletin.expires > alive and self._member(self._held[i].author)]

    def last_sequence(self, author: PeerId) -> int:
        """The highest sequence held of ``author``; 0 if none is."""
        known = self._authors.get(author)
        return max(known.by_sequence) if known is not None else 0

    def saying(self, author: PeerId, topic: str, message: bytes) -> Held | None:
        """The bulletin in which ``author`` says exactly this, if it is held."""
        known = self._authors.get(author)
        every = (held for several in known.by_sequence.values() for held in several) if known is not None else ()
        return next((held for held in every if held.bulletin.topic == topic and held.bulletin.message == message), None)

    def evidence(self) -> tuple[Equivocation, ...]:
        """One proof for every author that is known to have equivocated, in order of author."""
        return tuple(self._evidence[author] for author in sorted(self._evidence))

    def convicted(self, author: PeerId) -> bool:
        """Whether ``author`` is known to have equivocated."""
        return author in self._evidence

    def admit(self, signed: Signed, now: UnixSeconds) -> Held:
        """Hold ``signed`` and return it.

        Raises:
            IgnoreError: known, expired, superseded, beyond its author's quota, or there is no room for strangers.
            RejectError: its signature, form, lifetime or message is not one that an honest author makes.
        """
        one = signed.digest
        if one in self._held:
            raise IgnoreError("known")
        self._check_room(signed.author)
        bulletin = open_bulletin(signed)
        accept_bulletin(bulletin, now=now, horizon=self.horizon)
        self._check(bulletin)
        held = Held(
            id=one, signed=signed, bulletin=bulletin, slot=(signed.author, bulletin.topic, subject_of(bulletin))
        )
        mark = self._marks.get(held.slot)
        if mark is not None and bulletin.sequence < mark.sequence:
            raise IgnoreError("superseded")
        self._convict(held)
        self._place(held, now)
        self._trim(held.author)
        if one not in self._held:
            raise IgnoreError("beyond its author's quota or replaced by what is held")
        return held

    def expire(self, now: UnixSeconds) -> None:
        """Throw away what has expired by ``now``."""
        if now <= self.horizon:
            return
        self.horizon = now
        for held in [held for held in self._held.values() if held.bulletin.expires <= now]:
            self._remove(held)
        self._marks = {slot: mark for slot, mark in self._marks.items() if mark.until > now}

    def restore_mark(self, slot: Slot, mark: Mark) -> None:
        """Take over a mark that an earlier run kept."""
        self._marks[slot] = mark

    def _check_room(self, author: PeerId) -> None:
        if self._member(author) or author in self._authors:
            return
        if sum(not self._member(other) for other in self._authors) >= MAX_STRANGERS:
            raise IgnoreError("no room for more strangers")

    def _place(self, held: Held, now: UnixSeconds) -> None:
        """Add ``held`` to its slot and leave there what the rule keeps."""
        topic = held.bulletin.topic
        every = sorted((*self._slots.get(held.slot, ()), held), key=lambda one: (-one.bulletin.sequence, one.id))
        if renews(topic):
            until = UnixSeconds(now + BULLETIN_LIFETIME)
            mark = Mark(sequence=every[0].bulletin.sequence, until=until)
            self._marks[held.slot] = self.moved[held.slot] = mark
            kept = [one for one in every if one.bulletin.sequence == every[0].bulletin.sequence][:WITNESSES]
        else:
            latest: dict[bytes, Held] = {}
            for one in every:
                latest.setdefault(sha256(one.bulletin.message).digest(), one)
            kept = [latest[digest] for digest in sorted(latest)[:WITNESSES]]
        for one in every:
            if one not in kept and one.id in self._held:
                self._remove(one)
        if held in kept:
            self._add(held)

    def _trim(self, author: PeerId) -> None:
        """Throw away the highest sequences of an author that has more than its quota."""
        most = self._most if self._member(author) else MAX_STRANGER_BULLETINS
        known = self._authors.get(author)
        while known is not None and (known.count > most or known.size > MAX_BULLETIN_BYTES):
            self._remove(max(known.by_sequence[max(known.by_sequence)], key=lambda held: held.id))

    def _convict(self, held: Held) -> None:
        """Keep the evidence if ``held`` contradicts what its author said before."""
        if held.author in self._evidence:
            return
        known = self._authors.get(held.author, _Author())
        for other in (*self._slots.get(held.slot, ()), *known.by_sequence.get(held.bulletin.sequence, ())):
            if contradict(other.bulletin, held.bulletin):
                first, second = sorted((other, held), key=lambda one: one.id)
                self._evidence[held.author] = Equivocation(first=first.signed, second=second.signed)
                return

    def _add(self, held: Held) -> None:
        self._held[held.id] = held
        insort(self._ids, held.id)
        self.admitted += 1
        self._slots.setdefault(held.slot, []).append(held)
        known = self._authors.setdefault(held.author, _Author())
        known.by_sequence.setdefault(held.bulletin.sequence, []).append(held)
        known.count += 1
        known.size += len(held.signed.payload)

    def _remove(self, held: Held) -> None:
        del self._held[held.id]
        del self._ids[bisect_left(self._ids, held.id)]
        _take(self._slots, held.slot, held)
        known = self._authors[held.author]
        _take(known.by_sequence, held.bulletin.sequence, held)
        known.count -= 1
        known.size -= len(held.signed.payload)
        if not known.count:
            del self._authors[held.author]
        self.removed.append(held.id)


def _take(index: dict[K, list[Held]], key: K, held: Held) -> None:
    """Take ``held`` out of ``index``, which holds no empty lists."""
    index[key].remove(held)
    if not index[key]:
        del index[key]
