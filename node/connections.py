"""The node's connections in words: who is there, how far away, and what keeps the others out; changes nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from federation.directory import Directory
from federation.errors import FederationError
from federation.lasting import LastingNetwork
from federation.network.links import Link, Links
from federation.standing import BARRED_ABOVE
from node.errors import RequestError, UnavailableError, UnknownError
from node.views import Document
from node.workflows.look_further import Search
from protocol.ids import MaterialCode, PeerId
from protocol.params import PROCESSES

ENOUGH_PEERS: Final = 3
"""Connections below which one operator's failure could cut the node off."""

CIRCUIT: Final = "/p2p-circuit"
"""What the addresses have in common that lead through a relay."""

GOSSIP: Final = "/meshsub/1.1.0"
"""What a peer has to speak to pass on gossip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the operator configured about being reached."""

    bootstrap: tuple[str, ...] = ()
    """Addresses to stay connected with."""

    lan: bool = False
    """Whether peers are looked for by multicast DNS."""

    private: bool = False
    """Whether the network is closed by a key."""


class Connections:
    """What ``guildmark net`` asks of a running node."""

    def __init__(
        self,
        *,
        links: Links,
        network: LastingNetwork,
        directory: Directory,
        search: Search,
        reach: Reach,
    ) -> None:
        self._links = links
        self._network = network
        self._directory = directory
        self._search = search
        self._reach = reach

    def peers(self) -> Document:
        """Everybody who is connected, and what of the board came from where."""
        return {
            "peer": self._network.peer.hex(),
            "addresses": list(self._network.addresses),
            "bulletins": len(self._network.board.ids(self._network.wall())),
            "peers": [self._row(link) for link in self._links.links()],
        }

    def machines(self) -> Document:
        """Every machine of the directory, and on how many of the next days it has time."""
        rows = []
        for card in self._directory.cards(self._network.wall()):
            for one in card.capabilities:
                capacity = self._directory.capacity(card.provider, one.machine)
                rows.append(
                    {
                        "provider": card.name,
                        "machine": one.machine,
                        "process": PROCESSES.get(one.process, one.process),
                        "materials": list(one.materials),
                        "free_quarters": None if capacity is None else list(capacity.free),
                    }
                )
        return {"machines": rows}

    async def find(self, process: str, material: str) -> Document:
        """Who works ``material`` (empty: anything) by ``process``, a name or a code, anywhere in the federation.

        Raises:
            RequestError: there is no such process.
        """
        code = next((code for code, name in PROCESSES.items() if process in (code, name)), None)
        if code is None:
            raise RequestError("no-process", f"{process!r} is none of: {', '.join(PROCESSES.values())}")
        cards = await self._search.find(code, MaterialCode(material))
        return {
            "process": PROCESSES[code],
            "material": material,
            "asked_from": self._search.known,
            "providers": [
                {
                    "peer": card.provider.hex(),
                    "name": card.name,
                    "addresses": list(card.addresses),
                    "connected": card.provider in self._network.peers(),
                    "machines": [one.machine for one in card.capabilities if one.process == code],
                }
                for card in cards
            ],
        }

    async def ping(self, who: str) -> Document:
        """How long an echo takes from a peer: a name, a prefix of its identity, or an address to dial.

        Raises:
            UnknownError: nobody is called that.
            UnavailableError: it does not echo.
        """
        try:
            peer = await self._links.reach_at(who) if who.startswith("/") else self._named(who)
            seconds = await self._links.ping(peer)
        except ValueError as error:
            raise RequestError("no-address", str(error)) from error
        except FederationError as error:
            raise UnavailableError(str(error)) from error
        return {"peer": peer.hex(), "name": self._name(peer), "milliseconds": round(1000 * seconds, 1)}

    async def doctor(self) -> Document:
        """What is wrong with the node's reachability, and what to do about it."""
        links = self._links.links()
        return {
            "checks": [
                self._listening(),
                self._company(links),
                *[await self._bootstrapped(address) for address in self._reach.bootstrap],
                self._mesh(links),
                self._inbound(links),
                *self._relays(links),
                *self._lan(),
                *self._private(),
                self._lookup(),
                self._strikes(links),
                self._board(),
            ]
        }

    def _listening(self) -> Document:
        hosts = [ip_address(address.split("/")[2]) for address in self._network.addresses if CIRCUIT not in address]
        if not hosts:
            return _check("fail", "listen", "listens nowhere; set network.listen in node.toml")
        if all(host.is_loopback for host in hosts):
            return _check("warn", "listen", "listens on loopback only: nodes on other machines cannot dial this one")
        return _check("ok", "listen", ", ".join(self._network.addresses))

    def _company(self, links: tuple[Link, ...]) -> Document:
        members = sum(not link.stranger for link in links)
        if not links:
            return _check("fail", "peers", "connected to nobody; are the addresses in network.bootstrap right and up?")
        if members < ENOUGH_PEERS:
            return _check("warn", "peers", f"connected to {members} members: if they fail, so does this node's view")
        return _check("ok", "peers", f"connected to {members} members and {len(links) - members} strangers")

    async def _bootstrapped(self, address: str) -> Document:
        if address.endswith(self._network.addresses[0].rpartition("/")[2]):
            return _check("ok", "bootstrap", "one of the bootstrap addresses is our own")
        try:
            seconds = await self._links.ping(await self._links.reach_at(address))
        except (ValueError, FederationError) as error:
            return _check("warn", "bootstrap", f"{address}: {error}")
        return _check("ok", "bootstrap", f"{address} answers in {1000 * seconds:.0f} ms")

    def _mesh(self, links: tuple[Link, ...]) -> Document:
        deaf = [self._name(link.peer) for link in links if link.protocols and GOSSIP not in link.protocols]
        if deaf:
            return _check("warn", "gossip", f"{', '.join(deaf)} do not speak {GOSSIP}; are their versions the same?")
        meshed = sum(link.mesh > 0 for link in links)
        if links and not meshed:
            return _check("warn", "gossip", "nobody passes gossip on to us yet; bulletins still come by comparison")
        return _check("ok", "gossip", f"{meshed} of {len(links)} pass gossip on to us")

    def _inbound(self, links: tuple[Link, ...]) -> Document:
        if links and all(link.outbound for link in links) and not self._links.relaying().reserved:
            return _check(
                "warn",
                "inbound",
                "nobody has dialled us; behind NAT or a firewall, forward the port of network.listen, or name members "
                "that relay in network.relays",
            )
        return _check("ok", "inbound", f"{sum(not link.outbound for link in links)} dialled us")

    def _relays(self, links: tuple[Link, ...]) -> Iterator[Document]:
        """What is said about relays, where any are in play."""
        relaying = self._links.relaying()
        for relay in relaying.wanted:
            if relay in relaying.reserved:
                yield _check("ok", "relay", f"{self._name(relay)} holds a place for us: others reach us through it")
            else:
                yield _check(
                    "warn",
                    "relay",
                    f"{self._name(relay)} holds no place for us: it is away, full, does not relay, or does not know us "
                    "as a member",
                )
        if relaying.places is not None:
            text = f"{len(relaying.places)} members are reached through us, by {relaying.circuits} circuits"
            yield _check("ok", "relay", text)
        through = [self._name(link.peer) for link in links if link.relayed]
        if through:
            yield _check("ok", "relay", f"{', '.join(through)}: no direct way, so all goes by relay, and slower")

    def _lan(self) -> Iterator[Document]:
        """Who is nearby, where the node looks for them."""
        nearby = self._links.nearby()
        if nearby:
            yield _check("ok", "LAN", f"{', '.join(map(self._name, nearby))} found by multicast DNS")
        elif self._reach.lan:
            text = "multicast DNS finds nobody; many routers keep wireless guests apart, or the others have it off"
            yield _check("warn", "LAN", text)

    def _private(self) -> Iterator[Document]:
        """What a private network's key means, where there is one."""
        if self._reach.private:
            text = "speaks only to nodes with this network's key; one with another key, or none, seems to be silent"
            yield _check("ok", "private", text)

    def _lookup(self) -> Document:
        if not self._search.known:
            return _check("warn", "lookup", "no member is known to ask: providers beyond the board stay unseen")
        return _check("ok", "lookup", f"{self._search.known} members known, {self._search.kept} cards kept for others")

    def _strikes(self, links: tuple[Link, ...]) -> Document:
        near = [f"{self._name(link.peer)} {link.points:.0f}" for link in links if link.points > 0]
        if near:
            return _check("warn", "strikes", f"of {BARRED_ABOVE:.0f} that bar: {', '.join(near)}")
        return _check("ok", "strikes", "none against anybody who is here")

    def _board(self) -> Document:
        guilty = [self._name(e.first.author) for e in self._network.board.evidence()]
        if guilty:
            return _check("warn", "board", f"proof of equivocation against {', '.join(guilty)}")
        topics = Counter(
            held.bulletin.topic
            for held in map(self._network.board.get, self._network.board.ids(self._network.wall()))
            if held is not None
        )
        return _check("ok", "board", ", ".join(f"{n} on {topic}" for topic, n in sorted(topics.items())) or "empty")

    def _row(self, link: Link) -> Document:
        return {
            "peer": link.peer.hex(),
            "name": self._name(link.peer),
            "addresses": list(link.addresses),
            "relayed": link.relayed,
            "direction": "dialled" if link.outbound else "dialled us",
            "member": not link.stranger,
            "mesh": link.mesh,
            "points": round(link.points, 1),
        }

    def _named(self, who: str) -> PeerId:
        """The one peer whose name is ``who``, or whose identity begins with it."""
        known = {link.peer for link in self._links.links()}
        known |= {card.provider for card in self._directory.cards(self._network.wall())}
        found = [peer for peer in known if self._name(peer) == who or peer.hex().startswith(who.lower())]
        if len(found) != 1:
            raise UnknownError(f"{len(found) or 'no'} peers are called {who!r}; see: guildmark net peers")
        return found[0]

    def _name(self, peer: PeerId) -> str:
        card = self._directory.find_any(peer)
        return card.name if card is not None else peer.hex()[:8]


def _check(status: str, what: str, text: str) -> Document:
    return {"status": status, "what": what, "text": text}
