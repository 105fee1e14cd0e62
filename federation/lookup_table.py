"""Whom a node knows for lookups: members by the length of the prefix that their place shares with ours.

A bucket keeps its elders: who has answered for long will go on, and a flood of newcomers drives nobody out (Kademlia,
section 2.2). Refuses more than a few of one network in a bucket, so that to surround a key one needs addresses, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from protocol.ids import PeerId
from protocol.lookup import Whereabouts, distance, nearest, place_of
from protocol.params import HASH_BYTES, LOOKUP_WIDTH
from protocol.signed import Signed
from protocol.units import UnixSeconds

MAX_OF_NETWORK: Final = 2
"""Members of one bucket in one public /24 (IPv4) or /48 (IPv6); on a LAN, where all share one, nobody is counted."""

MAX_SPARE: Final = LOOKUP_WIDTH
"""Members that wait for a place in one bucket; the one that came first is forgotten first."""

MAX_MISSES: Final = 2
"""Unanswered questions in a row until a member makes room for one that waits; one alone may be a lost packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One member and where it says that it can be dialled."""

    signed: Signed
    """Its whereabouts, verified."""

    whereabouts: Whereabouts
    missed: int = 0
    """Questions in a row that it did not answer."""

    @property
    def peer(self) -> PeerId:
        """Who it is."""
        return self.signed.author


class Table:
    """The buckets of one node; who enters them has answered, and is a member."""

    def __init__(self, us: PeerId) -> None:
        self._place = place_of(us)
        self._buckets: dict[int, dict[PeerId, Contact]] = {}
        self._spare: dict[int, dict[PeerId, Contact]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._buckets.values()))

    def __iter__(self) -> Iterator[Contact]:
        for bucket in self._buckets.values():
            yield from bucket.values()

    def get(self, peer: PeerId) -> Contact | None:
        """What is known of ``peer``, if it has a place."""
        return self._buckets.get(self._index(peer), {}).get(peer)

    def note(self, signed: Signed, whereabouts: Whereabouts) -> None:
        """Take note that the member who signed its ``whereabouts`` is there."""
        peer, index = signed.author, self._index(signed.author)
        if index == 8 * HASH_BYTES:
            return  # ourselves
        bucket = self._buckets.setdefault(index, {})
        spare = self._spare.setdefault(index, {})
        known = bucket.get(peer)
        if known is not None and known.whereabouts.issued > whereabouts.issued:
            signed, whereabouts = known.signed, known.whereabouts
        contact = Contact(signed=signed, whereabouts=whereabouts)
        if known is not None or (len(bucket) < LOOKUP_WIDTH and _has_room(bucket, contact)):
            bucket[peer] = contact
            spare.pop(peer, None)
            return
        spare.pop(peer, None)
        spare[peer] = contact
        if len(spare) > MAX_SPARE:
            del spare[next(iter(spare))]

    def miss(self, peer: PeerId) -> None:
        """Take note that ``peer`` did not answer; whoever waits for its place gets it."""
        index = self._index(peer)
        bucket, spare = self._buckets.get(index, {}), self._spare.get(index, {})
        spare.pop(peer, None)
        known = bucket.get(peer)
        if known is None:
            return
        missed = known.missed + 1
        bucket[peer] = Contact(signed=known.signed, whereabouts=known.whereabouts, missed=missed)
        if missed < MAX_MISSES:
            return
        del bucket[peer]
        for other in reversed(list(spare.values())):
            if _has_room(bucket, other):
                bucket[other.peer] = spare.pop(other.peer)
                return

    def nearest(self, key: bytes, count: int, now: UnixSeconds) -> list[Contact]:
        """The ``count`` members nearest to ``key`` whose whereabouts are in force at ``now``, the nearest first."""
        known = {contact.peer: contact for contact in self if contact.whereabouts.expires > now}
        return [known[peer] for peer in nearest(key, known)[:count]]

    def _index(self, peer: PeerId) -> int:
        """How many leading bits the place of ``peer`` shares with ours."""
        return 8 * HASH_BYTES - distance(place_of(peer), self._place).bit_length()


def networks_of(whereabouts: Whereabouts) -> frozenset[str]:
    """The public networks that addresses lie in: /24 of IPv4, /48 of IPv6."""
    found = set()
    for address in whereabouts.addresses:
        parts = address.split("/")
        if len(parts) > 2 and parts[1] in ("ip4", "ip6"):
            try:
                host = ip_address(parts[2])
            except ValueError:
                continue
            if host.is_global:
                found.add(str(ip_network((host, 24 if host.version == 4 else 48), strict=False)))
    return frozenset(found)


def _has_room(bucket: dict[PeerId, Contact], contact: Contact) -> bool:
    """Whether ``bucket`` takes one more of the networks of ``contact``."""
    networks = networks_of(contact.whereabouts)
    others = [networks_of(other.whereabouts) for other in bucket.values()] if networks else []
    return all(sum(network in other for other in others) < MAX_OF_NETWORK for network in networks)
