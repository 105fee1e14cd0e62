"""The embedded node: one lock around chain and mempool, and the rule when the next block is due."""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ledger.embedded.database import ChainDatabase
from ledger.embedded.evm import Evm
from ledger.embedded.mempool import Mempool

log = logging.getLogger("guildmark.embedded")

IDLE_SECONDS = 5.0
"""An empty block is made after this long, so that ledger time moves on without transactions."""

SPACING_SECONDS = 1.0
"""Between blocks while the chain's clock is in a later second than ours: they are dated a second apart, so it runs no
further."""

GATHERED = 5
"""A block waits until nothing came for a while, so that what belongs together stands in one; at most so many whiles."""


class EmbeddedNode:
    """Accepts transactions durably and seals them into blocks; its parts are used under ``lock``."""

    def __init__(self, database: ChainDatabase, evm: Evm) -> None:
        self.lock = threading.RLock()
        self.database = database
        self.evm = evm
        self.mempool = Mempool(database, evm)
        self._last = time.monotonic() - IDLE_SECONDS
        self._first = self._latest = self._last

    def submit(self, raw: bytes) -> bytes:
        """Accept a signed transaction; it is on disk when this returns. Returns its hash.

        Raises:
            RpcError: malformed, known, out of order, underpriced, or not payable.
        """
        transaction = self.evm.decode(raw)
        with self.lock:
            waited = self.mempool.ready()
            self.mempool.add(transaction, raw)
            self._latest = time.monotonic()
            self._first = self._first if waited else self._latest
        return bytes(transaction.hash)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is done inside is on disk, all or nothing, when it ends; nobody else is served meanwhile."""
        with self.lock:
            try:
                with self.database.together():
                    yield
            except BaseException:
                self.mempool = Mempool(self.database, self.evm)
                raise

    def mine(self) -> Any:
        """Make a block now; returns its header."""
        with self.lock:
            header, settled = self.evm.produce(self.mempool.queues(), int(time.time()))
            self.mempool.forget(settled)
            self._last = time.monotonic()
            return header

    def due(self, gather: float) -> bool:
        """The next block should be made now: it holds something for which no more came for ``gather`` seconds."""
        with self.lock:
            now = time.monotonic()
            if now - self._last >= IDLE_SECONDS:
                return True
            if self.evm.head().timestamp > int(time.time()) and now - self._last < SPACING_SECONDS:
                return False
            gathered = now - self._latest >= gather or now - self._first >= GATHERED * gather
            return gathered and self.mempool.ready()

    def run(self, stop: threading.Event, *, seconds: float) -> None:
        """Make each block that is due, until ``stop`` is set; ``seconds`` a transaction waits for others."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                if self.due(seconds):
                    self.mine()
            except sqlite3.OperationalError:
                # A full disk passes; nothing of the block is kept, and its transactions wait for the next one.
                log.exception("no block: the database does not take writes")
            stop.wait(max(0.0, began + seconds / 2 - time.monotonic()))
