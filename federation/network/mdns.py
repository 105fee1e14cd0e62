"""Peers on the same LAN by multicast DNS, after libp2p's specification; refuses other hosts' addresses, and floods.

The codec is zeroconf's, the sockets are ours: each stands on one interface that the operator names, for zeroconf's own
engine keeps without bound what a LAN tells it. Nothing found is trusted: it is an address to dial, as the host that
said so, and who answers there has to prove its identity and pass the gates.
"""

import contextlib
import logging
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from random import Random
from typing import Final

import trio
from zeroconf import DNSIncoming, DNSOutgoing, DNSPointer, DNSQuestion, DNSText

from federation.credit import Credit
from federation.errors import ListenError

log = logging.getLogger("guildmark.network")

GROUP: Final = "224.0.0.251"
PORT: Final = 5353
"""Where multicast DNS is spoken (RFC 6762, section 3)."""

LIFETIME: Final = 120
"""Seconds that our records are good for, as RFC 6762, section 10, advises for what depends on a host's name."""

PACKET_BYTES: Final = 9000
"""Largest packet of multicast DNS (RFC 6762, section 17)."""

PACKETS_A_SECOND: Final = 50
"""Packets looked at on one interface; a LAN full of printers sends a tenth of it, and a flood waits in the kernel."""

MAX_ADDRESSES: Final = 8
"""Addresses told or taken in one packet; with their identities they fill half of an Ethernet frame."""

FIRST_PAUSE_SECONDS: Final = 1.0
LAST_PAUSE_SECONDS: Final = 60.0
"""Between our questions, doubling (RFC 6762, section 5.2)."""

ANSWER_PAUSE_SECONDS: Final = 1.0
"""Between two answers of ours (RFC 6762, section 6), however many ask."""

_POINTER, _TEXT, _INTERNET, _RESPONSE = 12, 16, 1, 0x8400
"""Record types, class and flags of RFC 1035 and RFC 6762."""

_KEY: Final = b"dnsaddr="

Link = trio.socket.SocketType
"""The socket of one interface; a context manager."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one packet says, as far as it concerns us."""

    asks: bool = False
    """Whether it wants to know who is there."""

    addresses: tuple[str, ...] = ()
    """Multiaddresses with identity, on the host that sent the packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lan:
    """One interface to be found on, and by whom."""

    interface: str
    """Its IPv4 address."""

    private: bytes | None = None
    """The private network's key, whose nodes look for each other only."""

    port: int = PORT


def service_of(private: bytes | None) -> str:
    """The service that peers ask for; a private network has one of its own, which tells nothing about its key."""
    if private is None:
        return "_p2p._udp.local."
    return f"_p2p-{sha256(b'guildmark private network' + private).digest()[:16].hex()}._udp.local."


def question(service: str) -> bytes:
    """The packet that asks who is there."""
    packet = DNSOutgoing(0)
    packet.add_question(DNSQuestion(service, _POINTER, _INTERNET))
    return bytes(packet.packets()[0])


def announcement(service: str, name: str, addresses: Iterable[str]) -> bytes:
    """The packet that says that we are there, under a ``name`` that tells nothing."""
    whole = f"{name}.{service}"
    text = b"".join(bytes([len(entry)]) + entry for entry in (_KEY + address.encode() for address in addresses))
    packet = DNSOutgoing(_RESPONSE)
    packet.add_answer_at_time(DNSPointer(service, _POINTER, _INTERNET, LIFETIME, whole), 0)
    packet.add_additional_answer(DNSText(whole, _TEXT, _INTERNET, LIFETIME, text))
    return bytes(packet.packets()[0])


def hear(packet: bytes, source: str, service: str) -> Heard:
    """What ``packet``, which came from the host ``source``, tells about ``service``; nothing, if it is none.

    A host is believed about itself only: otherwise anybody on the LAN could make us dial whom it likes.
    """
    parsed = DNSIncoming(packet)
    if not parsed.valid:
        return Heard()
    if parsed.is_query():
        return Heard(asks=any(one.name.lower() == service and one.type == _POINTER for one in parsed.questions))
    texts = [r for r in parsed.answers() if isinstance(r, DNSText) and r.name.lower().endswith("." + service)]
    found = [address for record in texts for address in _addresses(record.text) if _host(address) == source]
    return Heard(addresses=tuple(found[:MAX_ADDRESSES]))


def on_interface(addresses: Iterable[str], interface: str) -> tuple[str, ...]:
    """Those of our ``addresses`` that are reached through ``interface``, where all of them means this one."""
    ours = [address.replace("/ip4/0.0.0.0/", f"/ip4/{interface}/", 1) for address in addresses]
    return tuple(address for address in ours if _host(address) == interface)[:MAX_ADDRESSES]


def check_interface(interface: str) -> None:
    """Refuse to be found beyond a LAN.

    Raises:
        ValueError: not the IPv4 address of a LAN, of a link or of loopback.
    """
    address = ip_address(interface)
    if address.version != 4 or not (address.is_private or address.is_link_local) or address.is_unspecified:
        raise ValueError(f"{interface} is not an IPv4 address on a LAN")


class Lookout:
    """Asks who is on one LAN, and answers who asks."""

    def __init__(
        self, lan: Lan, link: Link, addresses: Callable[[], tuple[str, ...]], found: Callable[[str], None], dice: Random
    ) -> None:
        """Speak through ``link``, the socket of ``lan``; announce ``addresses`` and tell ``found`` those of others."""
        self._lan = lan
        self._link = link
        self._addresses = addresses
        self._found = found
        self._dice = dice
        self._service = service_of(lan.private)
        self._wanted = trio.Event()

    async def run(self) -> None:
        """Find and be found; never returns."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._listen)
            nursery.start_soon(self._ask)
            nursery.start_soon(self._answer)

    async def _listen(self) -> None:
        credit = Credit(PACKETS_A_SECOND, PACKETS_A_SECOND)
        while True:
            packet, (source, _) = await self._link.recvfrom(PACKET_BYTES)
            await credit.pay(self._lan.interface, 1)
            heard = hear(packet, source, self._service)
            if heard.asks:
                self._wanted.set()
            for address in heard.addresses:
                self._found(address)

    async def _ask(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            await self._send(question(self._service))
            await trio.sleep(pause * self._dice.uniform(1, 1.2))
            pause = min(LAST_PAUSE_SECONDS, pause * 2)

    async def _answer(self) -> None:
        name = self._dice.randbytes(16).hex()
        while True:
            ours = on_interface(self._addresses(), self._lan.interface)
            if ours:
                await self._send(announcement(self._service, name, ours))
            await trio.sleep(ANSWER_PAUSE_SECONDS)
            await self._wanted.wait()
            self._wanted = trio.Event()
            await trio.sleep(self._dice.uniform(0.02, 0.12))  # so that not all who are asked answer at once

    async def _send(self, packet: bytes) -> None:
        with contextlib.suppress(OSError):  # a LAN that is away comes back
            await self._link.sendto(packet, (GROUP, self._lan.port))


async def open_link(lan: Lan) -> Link:
    """A socket that hears and speaks on one interface only, beside whatever else there speaks multicast DNS.

    Raises:
        ListenError: the interface is not ours, not on a LAN, or does not multicast.
    """
    link = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        check_interface(lan.interface)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(lan.interface))
        joined = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(lan.interface))
        link.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        await link.bind((GROUP, lan.port))
    except (OSError, ValueError) as error:
        link.close()
        raise ListenError(f"cannot multicast on {lan.interface}: {error}") from error
    return link


def _addresses(text: bytes) -> list[str]:
    """The addresses in the character strings of one TXT record."""
    found = []
    while text:
        entry, text = text[1 : 1 + text[0]], text[1 + text[0] :]
        if entry.startswith(_KEY):
            with contextlib.suppress(UnicodeDecodeError):
                found.append(entry[len(_KEY) :].decode("ascii"))
    return found


def _host(address: str) -> str:
    """The IPv4 host in a multiaddress, or nothing."""
    parts = address.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "ip4" else ""
