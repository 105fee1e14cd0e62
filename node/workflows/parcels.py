"""Contents too large for one answer, on their way from node to node: handed out to whom they were promised alone.

What is fetched stays on disk until it is whole, so a transfer goes on after a cut, a crash or a restart of either node.
Who hands out keeps no list on disk: a node that was restarted promises again when it is asked again.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from federation.errors import FederationError
from federation.network import Network
from federation.transfer import fetch_content, outline_of, serve_contents
from node.errors import UnavailableError
from protocol.content import content_digest
from protocol.errors import RejectError
from protocol.ids import Digest, PeerId

log = logging.getLogger("guildmark.parcels")

MAX_PROMISES = 1024
"""Contents promised at a time; the eldest is forgotten first, and promised again when it is asked for again."""

FETCH_SECONDS = 60.0
"""For one attempt, after which the workflow tries again where this one left off."""


Taken = Callable[[], Awaitable[None]]
"""Notes that a parcel is on its way."""


@dataclass(slots=True)
class Progress:
    """How far a content has come; bytes."""

    what: str
    received: int = 0
    size: int = 0


class Parcels:
    """What this node has promised to whom, and what it fetches at present."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._promised: dict[Digest, tuple[Path, dict[PeerId, Taken | None]]] = {}
        self._fetching: dict[Path, Progress] = {}

    def serve(self) -> None:
        """Hand out what was promised."""
        serve_contents(self._network, self)

    async def promise(self, path: Path, peer: PeerId, taken: Taken | None = None) -> Digest:
        """Let ``peer`` fetch the file at ``path`` under the digest that is returned.

        Args:
            taken: done when it begins to, before it gets anything.
        """
        content = content_digest(await trio.to_thread.run_sync(outline_of, path))
        _, peers = self._promised.pop(content, (path, {}))
        self._promised[content] = (path, {**peers, peer: taken})
        if len(self._promised) > MAX_PROMISES:
            del self._promised[next(iter(self._promised))]
        return content

    async def find(self, peer: PeerId, content: Digest) -> Path | None:
        """The file that ``peer`` was promised under ``content``."""
        await trio.lowlevel.checkpoint()
        path, peers = self._promised.get(content, (None, {}))
        if path is None or peer not in peers or not path.exists():
            return None
        taken = peers[peer]
        if taken is not None:
            await taken()
            peers[peer] = None
        return path

    async def fetch(self, source: PeerId, content: Digest, path: Path, *, what: str) -> None:
        """Bring ``content`` to ``path``, on from where an earlier attempt left off.

        Raises:
            UnavailableError: it did not come whole; what came is kept.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._shown(path, what) as progress:
            try:
                await fetch_content(self._network, [source], content, path, deadline=FETCH_SECONDS, progress=progress)
            except (FederationError, RejectError) as error:
                raise UnavailableError(f"{what} from {source.hex()[:8]}: {error}") from error

    def fetching(self) -> tuple[Progress, ...]:
        """What is on its way."""
        return tuple(self._fetching.values())

    @contextmanager
    def _shown(self, path: Path, what: str) -> Iterator["_Note"]:
        note = _Note(self._fetching.setdefault(path, Progress(what)))
        try:
            yield note
        finally:
            self._fetching.pop(path, None)


class _Note:
    """Writes down how far a transfer is, and says each quarter of it in the log."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __call__(self, received: int, size: int) -> None:
        before, self._progress.received, self._progress.size = self._progress.received, received, size
        if size and 4 * received // size > 4 * before // size:
            log.info("%s: %.1f of %.1f MiB", self._progress.what, received / 2**20, size / 2**20)
