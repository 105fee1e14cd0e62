"""Where providers are looked up beyond one's own board; refuses a card under a key that it does not justify.

A distributed table after P. Maymounkov and D. Mazieres, "Kademlia", IPTPS 2002. A provider's signed card lies with the
members whose places are nearest to a key; keys follow from what machines do, and a place from the peer's identity.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from protocol.capability import Card, accept_card
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, MaterialCode, PeerId, ProcessCode
from protocol.params import (
    CARD_LIFETIME,
    HASH_BYTES,
    LOOKUP_CARDS,
    LOOKUP_WIDTH,
    MAX_ADDRESSES,
    MAX_CLOCK_SKEW,
    MAX_LOOKUP_KEYS,
    MAX_TEXT,
)
from protocol.signed import Signed
from protocol.units import UnixSeconds

ANY_MATERIAL = MaterialCode("")
"""Names the key under which a process is found whatever it works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where its signer can be dialled, in its own words (signed under ``whereabouts/1``)."""

    addresses: tuple[str, ...]
    """Multiaddresses, at most ``MAX_ADDRESSES``; of one that cannot be dialled, none."""

    issued: UnixSeconds
    """Wall time; later ones replace earlier ones."""

    expires: UnixSeconds
    """Wall time; afterwards nobody passes them on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRequest:
    """Asks for the members nearest to a key; answered with ``Nearest``."""

    key: Digest
    """A place or a key, 32 bytes."""

    cards: bool
    """Whether the cards that lie under the key are wanted too."""

    asker: Signed
    """Whereabouts of the asker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """Whom the answerer knows nearest to the key, and what lies there."""

    answerer: Signed
    """Whereabouts of the answerer."""

    members: tuple[Signed, ...]
    """Whereabouts of members, at most ``LOOKUP_WIDTH``, the nearest first."""

    cards: tuple[Signed, ...]
    """Cards under the key, at most ``LOOKUP_CARDS``; none unless they were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRequest:
    """A provider asks a member near ``keys`` to keep its card until it expires; answered with no bytes."""

    keys: tuple[Digest, ...]
    """At least one and at most ``MAX_LOOKUP_KEYS``, ascending."""

    card: Signed
    """Signed under ``card/1`` by who asks."""


@lru_cache(maxsize=16_384)
def place_of(peer: PeerId) -> Digest:
    """Where ``peer`` stands among the keys: SHA-256 of its identity."""
    return Digest(sha256(peer).digest())


def key_of(process: ProcessCode, material: MaterialCode = ANY_MATERIAL) -> Digest:
    """The key of those who work ``material`` by ``process``: SHA-256 of ``guildmark-lookup``, NUL, one, NUL, other."""
    return Digest(sha256(b"\x00".join((b"guildmark-lookup", process.encode(), material.encode()))).digest())


def keys_of(card: Card) -> tuple[Digest, ...]:
    """The keys that ``card`` belongs under: every process, and every process with each of its materials."""
    processes = dict.fromkeys(one.process for one in card.capabilities)
    pairs = dict.fromkeys((one.process, material) for one in card.capabilities for material in one.materials)
    keys = (*map(key_of, processes), *(key_of(process, material) for process, material in pairs))
    return keys[:MAX_LOOKUP_KEYS]


def distance(one: bytes, other: bytes) -> int:
    """How far two keys are from each other: their exclusive or, as a number."""
    return int.from_bytes(one, "big") ^ int.from_bytes(other, "big")


def nearest(key: bytes, peers: Iterable[PeerId]) -> list[PeerId]:
    """``peers`` in order of their distance from ``key``."""
    there = int.from_bytes(key, "big")
    return sorted(peers, key=lambda peer: int.from_bytes(place_of(peer), "big") ^ there)


def accept_whereabouts(whereabouts: Whereabouts, *, now: UnixSeconds) -> None:
    """Decide whether ``whereabouts`` are believed; ``now`` is wall time.

    Raises:
        IgnoreError: expired.
        RejectError: too many addresses, one too long, longer-lived than ``CARD_LIFETIME``, or issued in the future.
    """
    if len(whereabouts.addresses) > MAX_ADDRESSES or any(len(a) > MAX_TEXT * 2 for a in whereabouts.addresses):
        raise RejectError("whereabouts name too many addresses, or one too long")
    if not whereabouts.issued < whereabouts.expires <= whereabouts.issued + CARD_LIFETIME:
        raise RejectError("whereabouts' lifetime is out of bounds")
    if whereabouts.issued > now + MAX_CLOCK_SKEW:
        raise RejectError("whereabouts are issued in the future")
    if whereabouts.expires <= now:
        raise IgnoreError("whereabouts are expired")


def accept_nearest_request(request: NearestRequest, *, asker: PeerId) -> None:
    """Decide whether ``request`` is answered.

    Raises:
        RejectError: its key is none, or it shows another's whereabouts.
    """
    if len(request.key) != HASH_BYTES:
        raise RejectError("a key has 32 bytes")
    if request.asker.author != asker:
        raise RejectError("the request shows another's whereabouts")


def accept_nearest(answer: Nearest, *, answerer: PeerId) -> None:
    """Decide whether ``answer`` is looked at; its members' whereabouts are checked when they are used.

    Raises:
        RejectError: it shows another's whereabouts as the answerer's, or too many members or cards.
    """
    if answer.answerer.author != answerer:
        raise RejectError("the answer shows another's whereabouts")
    if len(answer.members) > LOOKUP_WIDTH or len(answer.cards) > LOOKUP_CARDS:
        raise RejectError("the answer names too many members or cards")


def accept_keep_request(request: KeepRequest, *, asker: PeerId) -> None:
    """Decide whether ``request`` is looked at; whether its card justifies its keys is for ``accept_kept`` to say.

    Raises:
        RejectError: it brings another's card, or its keys are none, too many or out of order.
    """
    if request.card.author != asker:
        raise RejectError("a provider brings its own card")
    if not 0 < len(request.keys) <= MAX_LOOKUP_KEYS or list(request.keys) != sorted(set(request.keys)):
        raise RejectError("keys are none, too many, or out of order")


def accept_kept(keys: Iterable[Digest], card: Card, *, signer: PeerId, now: UnixSeconds) -> None:
    """Decide whether ``card`` may lie under ``keys``; ``now`` is wall time.

    Raises:
        IgnoreError: expired.
        RejectError: not acceptable as a card, of an unknown process, or it does not justify one of the keys.
    """
    accept_card(card, signer=signer, now=now)
    if not set(keys) <= set(keys_of(card)):
        raise RejectError("the card does not justify the key")
    if card.expires <= now:
        raise IgnoreError("card is expired")
