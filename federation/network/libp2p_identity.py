"""Peer identities and addresses in libp2p's notation; refuses every identity that is not an inlined Ed25519 key."""

from typing import Final

from libp2p.peer.id import ID
from libp2p.peer.peerinfo import info_from_p2p_addr
from multiaddr import Multiaddr

from protocol.ids import PeerId
from protocol.params import HASH_BYTES

_ED25519: Final = bytes.fromhex("002408011220")
"""Identity multihash of 36 bytes that hold a protobuf: key type Ed25519, 32 bytes of key (libp2p peer-ids)."""


def identifier(peer: PeerId) -> ID:
    """The libp2p identity of ``peer``."""
    return ID(_ED25519 + peer)


def peer_of(identity: bytes) -> PeerId | None:
    """The peer with this binary libp2p identity, or None where it does not hold an Ed25519 key."""
    if len(identity) != len(_ED25519) + HASH_BYTES or not identity.startswith(_ED25519):
        return None
    return PeerId(identity[len(_ED25519) :])


def dial_address(peer: PeerId, host: str, port: int) -> str:
    """Where ``peer`` is dialled when it listens on TCP ``port`` of the IPv4 address ``host``."""
    return f"/ip4/{host}/tcp/{port}/p2p/{identifier(peer)}"


def parse_address(address: str) -> tuple[PeerId, Multiaddr]:
    """Who is dialled under ``address``, and where.

    Raises:
        ValueError: not ``/<network>/<host>/tcp/<port>/p2p/<identity>`` with an Ed25519 identity.
    """
    try:
        parsed = Multiaddr(address)
        whom = info_from_p2p_addr(parsed)
    except Exception as error:  # the border: the library raises types of three packages for a malformed address
        raise ValueError(f"not an address: {address}") from error
    peer = peer_of(whom.peer_id.to_bytes())
    where = whom.addrs[0]
    if peer is None or [protocol.name for protocol in where.protocols()][1:] != ["tcp"]:
        raise ValueError(f"not a TCP address of an Ed25519 peer: {address}")
    return peer, where
