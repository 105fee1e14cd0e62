"""Reads the contracts' logs exactly once, in order, from any point on; notices when the chain was reorganised.

``advance`` asks the chain and changes nothing; ``commit`` moves the cursor inside the caller's SQL transaction,
together with what the logs led to. Between the two anything may crash.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.chain import Chain, Head
from ledger.errors import LedgerError, UnavailableError
from ledger.types import Log
from protocol.ids import Address

WINDOW = 2_000
"""Blocks in one query; endpoints commonly allow several thousand, and it is halved where one allows less."""

HISTORY = 256
"""Blocks remembered by hash: a reorganisation within them is undone to where it began, a deeper one to the start."""

_SCHEMA = "CREATE TABLE IF NOT EXISTS followed (number INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The logs of the next blocks."""

    events: tuple[Log, ...]

    head: Head | None
    """The block up to which they reach; None when nothing is new, or the chain moved while it was asked."""

    rolled_back_to: int | None
    """When set: blocks above this height are gone. Undo what their logs led to, then apply ``events``."""


_NOTHING = Batch(events=(), head=None, rolled_back_to=None)


class Follower:
    """A cursor on the chain in one SQLite file."""

    def __init__(
        self, connection: sqlite3.Connection, addresses: Sequence[Address], *, start: int = 0, confirmations: int = 1
    ) -> None:
        """Follow the contracts at ``addresses`` from block ``start`` on.

        ``confirmations`` is the number of blocks, its own included, that a block needs to be told; more on chains that
        reorganise.
        """
        self._connection = connection
        self._addresses = tuple(addresses)
        self._start = start
        self._depth = confirmations - 1
        connection.execute(_SCHEMA)

    def advance(self, chain: Chain, head: Head | None = None) -> Batch:
        """What follows the cursor; the cursor itself moves only with ``commit``.

        Args:
            chain: whom to ask.
            head: the latest block, where the caller has just asked for it.

        Raises:
            UnavailableError: the endpoint does not answer.
            WrongChainError: it serves another chain now.
            LedgerError: it refuses to tell the logs even of a single block.
        """
        head = head or chain.head()
        told = self._told()
        if told and told[0][1] == head.hash:
            return _NOTHING
        if told and told[0][1] == head.parent and not self._depth:
            return self._next(chain, head)
        fork = self._fork(chain, told)
        rolled_back_to = fork if told and fork != told[0][0] else None
        if rolled_back_to is not None:
            chain.verify()
            if _only_shorter(told, fork, head):
                return _NOTHING
        first, last = fork + 1, head.number - self._depth
        if last < first:
            return Batch(events=(), head=None, rolled_back_to=rolled_back_to)
        last, events = self._read(chain, first, last)
        reached = chain.block(last)
        # The head stood before the first question and stands after the last one: all answers are of one branch.
        witness = chain.block(head.number)
        if witness is None or witness.hash != head.hash:
            return _NOTHING
        return Batch(events=events, head=reached, rolled_back_to=rolled_back_to)

    def _next(self, chain: Chain, head: Head) -> Batch:
        """The block after the cursor, where that is the head: one question, which its hash ties to its branch."""
        try:
            return Batch(events=chain.logs_of(head.hash, self._addresses), head=head, rolled_back_to=None)
        except UnavailableError:
            raise
        except LedgerError:
            if chain.block(head.number) == head:
                raise
            return _NOTHING  # it was reorganised away before it was asked for

    @staticmethod
    def commit(batch: Batch, connection: sqlite3.Connection) -> None:
        """Move the cursor; call it inside the SQL transaction that stores what the logs led to."""
        if batch.rolled_back_to is not None:
            connection.execute("DELETE FROM followed WHERE number > ?", (batch.rolled_back_to,))
        if batch.head is not None:
            connection.execute("INSERT INTO followed VALUES (?, ?)", (batch.head.number, batch.head.hash))
            connection.execute(
                "DELETE FROM followed WHERE number NOT IN (SELECT number FROM followed ORDER BY number DESC LIMIT ?)",
                (HISTORY,),
            )

    def _told(self) -> list[tuple[int, bytes]]:
        """Blocks up to which logs were told, the latest first."""
        return self._connection.execute("SELECT number, hash FROM followed ORDER BY number DESC").fetchall()

    def _fork(self, chain: Chain, told: list[tuple[int, bytes]]) -> int:
        """The latest told block that is still on the chain."""
        for number, known in told:
            there = chain.block(number)
            if there is not None and there.hash == known:
                return number
        return self._start - 1

    def _read(self, chain: Chain, first: int, last: int) -> tuple[int, tuple[Log, ...]]:
        """Logs from ``first`` on, as far towards ``last`` as the endpoint tells in one answer."""
        size = WINDOW
        while True:
            end = min(last, first + size - 1)
            try:
                return end, chain.logs(first, end, self._addresses)
            except UnavailableError:
                raise
            except LedgerError:
                if end == first:
                    raise
                size = (end - first + 1) // 2


def _only_shorter(told: list[tuple[int, bytes]], fork: int, head: Head) -> bool:
    """The chain lacks blocks that were told but contradicts none of them.

    So looks an endpoint that lags, as replicas behind one address do, and nothing may be undone for that. A chain that
    was put back looks so too, until it is as long again and shows other blocks.
    """
    return min(number for number, _ in told if number > fork) > head.number
