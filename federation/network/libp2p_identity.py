"""Peer identities and addresses in libp2p's notation; refuses every identity that is not an inlined Ed25519 key."""

from typing import Final

from libp2p.peer.id import ID
from libp2p.peer.peerinfo import info_from_p2p_addr
from multiaddr import Multiaddr

from protocol.ids import PeerId
from protocol.params import HASH_BYTES

_ED25519: Final = bytes.fromhex("002408011220")
"""Identity multihash of 36 bytes that hold a protobuf: key type Ed25519, 32 bytes of key (libp2p peer-ids)."""


_CIRCUIT: Final = "/p2p-circuit"


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
    """Who is dialled under ``address``, and where: at a port, or by way of a relay.

    Raises:
        ValueError: not ``/<network>/<host>/tcp/<port>/p2p/<identity>`` with an Ed25519 identity, nor such an address of
            a relay, ``/p2p-circuit/p2p/`` and an identity.
    """
    direct, circuit, whom = address.partition(f"{_CIRCUIT}/p2p/")
    if circuit:
        return _identified(whom, address), through(*parse_address(direct))
    try:
        info = info_from_p2p_addr(Multiaddr(address))
    except Exception as error:  # the border: the library raises types of three packages for a malformed address
        raise ValueError(f"not an address: {address}") from error
    where = info.addrs[0]
    if [protocol.name for protocol in where.protocols()][1:] != ["tcp"]:
        raise ValueError(f"not a TCP address: {address}")
    return _identified(str(info.peer_id), address), where


def through(relay: PeerId, where: Multiaddr) -> Multiaddr:
    """The way by ``relay``, which is dialled at ``where``."""
    return Multiaddr(f"{where}/p2p/{identifier(relay)}{_CIRCUIT}")


def relay_of(where: Multiaddr) -> tuple[PeerId, Multiaddr] | None:
    """The relay on the way ``where`` and where it is dialled; None for a direct way."""
    direct, circuit, _ = str(where).partition(_CIRCUIT)
    return parse_address(direct) if circuit else None


def _identified(identity: str, address: str) -> PeerId:
    try:
        peer = peer_of(ID.from_base58(identity).to_bytes())
    except ValueError as error:
        raise ValueError(f"not an identity: {address}") from error
    if peer is None:
        raise ValueError(f"not an Ed25519 peer: {address}")
    return peer
