"""Who gets a connection and keeps it: few handshakes at a time, few strangers, nobody who is barred.

When there are too many the eldest goes, not the newcomer: a handshake takes milliseconds, so what is eldest is idle. A
flood of silent connections therefore keeps nobody out, from its own address or another.
"""

import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final

import trio
from libp2p.network.connection.raw_connection import RawConnection

from federation.network.libp2p_identity import peer_of
from federation.standing import Standing

log = logging.getLogger("guildmark.network")

MAX_PENDING: Final = 64
"""Handshakes under way; at five milliseconds of processor time each, a third of a second's work."""

MAX_PENDING_PER_IP: Final = 16
"""Of these, from one address: a shop behind one router, or a devnet's worth."""

MAX_STRANGERS: Final = 48
"""Connections of peers that nobody registered; newcomers need one each until the ledger knows them."""

STRANGER_SECONDS: Final = 20.0
"""For a stranger to become a member before another stranger may take its place."""

MAX_STREAMS_PER_PEER: Final = 64
"""Streams of one peer that are open at once; gossip and a dozen requests are a tenth of it."""


class Admission:
    """Both gates of one host: connections and streams."""

    def __init__(self, swarm: Any, standing: Standing) -> None:
        self._swarm = swarm
        self._standing = standing
        self._pending: dict[Any, str] = {}
        self._strangers: dict[Any, float] = {}
        self._streams: Counter[bytes] = Counter()

    async def admit(self, stream: Any, listener: Any, _failure: Any) -> None:
        """Secure an inbound connection and hold its slot while it lives; the library frees none and ends at 250."""
        await self.secure(RawConnection(stream, False), listener)  # noqa: FBT003  # not the initiator

    async def secure(self, raw: RawConnection, listener: Any) -> None:
        """The same for a connection on whatever ground."""
        try:
            await self._make_room(raw)
            try:
                connection = await self._swarm.upgrade_inbound_raw_conn(raw, listener)
            finally:
                self._pending.pop(raw, None)
            if await self._welcome(connection):
                await connection.event_closed.wait()
        except Exception as error:  # noqa: BLE001  # the gate: a bad handshake costs one connection
            log.debug("an inbound connection failed: %r", error)
            with contextlib.suppress(Exception):
                await raw.close()
        finally:
            self._pending.pop(raw, None)

    def contained(self, original: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
        """A stream handler whose failure costs its stream; in the library it ends the host."""

        async def handle(stream: Any) -> None:
            peer = stream.muxed_conn.peer_id.to_bytes()
            try:
                if self._streams[peer] >= MAX_STREAMS_PER_PEER:
                    await stream.reset()
                    return
                self._streams[peer] += 1
                try:
                    await original(stream)
                finally:
                    self._streams[peer] -= 1
                    if not self._streams[peer]:
                        del self._streams[peer]
            except Exception as error:  # noqa: BLE001  # the gate: whatever a peer provokes stays with its stream
                log.debug("a stream of %s failed: %r", stream.muxed_conn.peer_id, error)
                with contextlib.suppress(Exception):
                    await stream.reset()

        return handle

    async def sweep(self) -> None:
        """Hang up on whoever was barred while connected; never returns."""
        while True:
            for identity in list(self._swarm.connections):
                peer = peer_of(identity.to_bytes())
                if peer is None or self._standing.barred(peer):
                    log.info("hanging up on %s", identity)
                    with trio.move_on_after(1), contextlib.suppress(Exception):
                        await self._swarm.close_peer(identity)
            await trio.sleep(1)

    async def _make_room(self, raw: Any) -> None:
        """Enter ``raw`` among the pending ones, and hang up on the eldest where that is one too many."""
        address = _address(raw)
        from_there = [other for other, ip in self._pending.items() if ip == address]
        eldest = None
        if len(from_there) >= MAX_PENDING_PER_IP:
            eldest = from_there[0]
        elif len(self._pending) >= MAX_PENDING:
            eldest = next(iter(self._pending))
        self._pending[raw] = address
        if eldest is not None:
            del self._pending[eldest]
            with contextlib.suppress(Exception):
                await eldest.close()

    async def _welcome(self, connection: Any) -> bool:
        """Whether the peer at the other end stays; whoever does not is hung up on."""
        peer = peer_of(connection.peer_id.to_bytes())
        if peer is None or self._standing.barred(peer):
            await connection.close()
            return False
        if not self._standing.stranger(peer):
            return True
        now = trio.current_time()
        self._strangers = {c: since for c, since in self._strangers.items() if not c.is_closed}
        if len(self._strangers) >= MAX_STRANGERS:
            eldest, since = next(iter(self._strangers.items()))
            if now - since < STRANGER_SECONDS:
                await connection.close()
                return False
            del self._strangers[eldest]
            await eldest.close()
        self._strangers[connection] = now
        return True


def _address(raw: Any) -> str:
    found = raw.get_remote_address()
    return str(found[0]) if found else ""
