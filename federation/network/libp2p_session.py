"""A secured connection that reads what has arrived at once and writes what has gathered at once.

The library reads every Noise message in two steps through four layers, each of which yields to the scheduler, and sends
each frame by itself. Same wire format; only the two directions of an established session are replaced. Refuses to hold
more unsent than was argued for: a writer waits until its peer reads.
"""

from typing import Any, Final

import trio
from libp2p.io.trio import TrioTCPStream
from libp2p.security.noise.io import MAX_PLAINTEXT_LENGTH
from libp2p.security.noise.transport import Transport
from libp2p.security.secure_session import SecureSession
from noise.exceptions import NoiseInvalidMessage

RECEIVE_BYTES: Final = 256 * 1024
"""Asked of the socket at once: a few dozen gossip messages, or four full Noise messages of a transfer."""

_LENGTH_BYTES: Final = 2


class SessionError(Exception):
    """The peer's bytes do not decrypt, or its connection is gone."""


class Session(SecureSession):  # type: ignore[misc]  # the library is untyped
    """What a finished handshake leaves."""

    conn: Any

    def __init__(self, secured: Any) -> None:
        super().__init__(
            local_peer=secured.local_peer,
            local_private_key=secured.local_private_key,
            remote_peer=secured.remote_peer,
            remote_permanent_pubkey=secured.remote_permanent_pubkey,
            is_initiator=secured.is_initiator,
            conn=secured.conn,
        )
        ciphers = secured.conn.noise_state.noise_protocol
        self._encrypt = ciphers.cipher_state_encrypt.encrypt_with_ad
        self._decrypt = ciphers.cipher_state_decrypt.decrypt_with_ad
        self._wire = _wire_of(secured.conn.read_writer.read_write_closer)
        self._cipher = bytearray()
        self._plain = bytearray()

    async def read(self, n: int | None = None) -> bytes:
        """Some bytes, at most ``n`` and at least one; nothing once the peer has closed."""
        if n == 0:
            return b""
        plain = bytes(self._plain) or await self.read_arrived()
        self._plain[:] = b"" if n is None else plain[n:]
        return plain[:n]

    async def read_arrived(self) -> bytes:
        """All that has arrived, in clear, and at least one byte; nothing once the peer has closed.

        Raises:
            SessionError: it does not decrypt, or the connection broke.
        """
        if self._plain:
            plain = bytes(self._plain)
            self._plain.clear()
            return plain
        while True:
            try:
                arrived = await self._wire.receive_some(RECEIVE_BYTES)
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                raise SessionError("the connection is gone") from error
            if not arrived:
                return b""
            self._cipher += arrived
            plain = self._open_complete()
            if plain:
                return plain

    def _open_complete(self) -> bytes:
        """What the complete Noise messages hold; the rest of the ciphertext stays."""
        at, opened = 0, []
        with memoryview(self._cipher) as view:
            while at + _LENGTH_BYTES <= len(view):
                end = at + _LENGTH_BYTES + int.from_bytes(view[at : at + _LENGTH_BYTES], "big")
                if end > len(view):
                    break
                try:
                    opened.append(self._decrypt(None, bytes(view[at + _LENGTH_BYTES : end])))
                except NoiseInvalidMessage as error:
                    raise SessionError("a message does not decrypt") from error
                at = end
        del self._cipher[:at]
        return opened[0] if len(opened) == 1 else b"".join(opened)

    async def write(self, data: bytes) -> None:
        """Send ``data`` as one or more Noise messages; one task at a time."""
        sealed = bytearray()
        for start in range(0, len(data), MAX_PLAINTEXT_LENGTH):
            message = self._encrypt(None, bytes(data[start : start + MAX_PLAINTEXT_LENGTH]))
            sealed += len(message).to_bytes(_LENGTH_BYTES, "big") + message
        try:
            await self._wire.send_all(sealed)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise SessionError("the connection is gone") from error


class Noise(Transport):  # type: ignore[misc]
    """The library's handshake; the session after it is ours."""

    async def secure_inbound(self, conn: Any) -> Session:
        """Answer a handshake."""
        return Session(await super().secure_inbound(conn))

    async def secure_outbound(self, conn: Any, peer_id: Any) -> Session:
        """Begin a handshake with ``peer_id``."""
        return Session(await super().secure_outbound(conn, peer_id))


class _Layered:
    """A connection below Noise that is no plain socket: a private network's cipher, or a relayed stream."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def receive_some(self, most: int) -> bytes:
        return bytes(await self._connection.read(most))

    async def send_all(self, data: bytes) -> None:
        await self._connection.write(bytes(data))


class _Plain:
    """A socket whose two directions have one user each, so that a message that it takes at once takes one call."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._socket: Any = stream.socket._sock  # type: ignore[attr-defined]  # noqa: SLF001  # trio's yields at each send

    async def receive_some(self, most: int) -> bytes:
        return await self._stream.receive_some(most)

    async def send_all(self, data: bytes | bytearray) -> None:
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise trio.BrokenResourceError from error
        if sent < len(data):
            await self._stream.send_all(memoryview(data)[sent:])


def _wire_of(connection: Any) -> Any:
    """The socket, where nothing lies between."""
    stream = getattr(connection, "stream", None)
    return _Plain(stream.stream) if isinstance(stream, TrioTCPStream) else _Layered(connection)
