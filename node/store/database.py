"""One SQLite file with one writer: callers are answered after their change is on disk, and share the commit.

WAL with ``synchronous=FULL``: an answered write survives a power cut. Writes that wait at the same time go into one
transaction, each behind its own savepoint, so that durability costs one fsync for all of them.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import trio

from node.errors import UnavailableError

T = TypeVar("T")

_QUEUE = 256
"""Changes waiting for the writer; a caller beyond that waits for its place, which bounds memory."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    id      INTEGER PRIMARY KEY,
    stream  TEXT NOT NULL,
    key     TEXT NOT NULL,
    kind    TEXT NOT NULL,
    payload BLOB NOT NULL,
    at      INTEGER NOT NULL,
    undone  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (stream, key)
) STRICT;
CREATE INDEX IF NOT EXISTS event_undone ON event (stream, id) WHERE undone = 1;
CREATE TABLE IF NOT EXISTS event_block (
    stream  TEXT NOT NULL,
    key     TEXT NOT NULL,
    block   INTEGER NOT NULL,
    PRIMARY KEY (stream, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS event_block_by_block ON event_block (block);
CREATE TABLE IF NOT EXISTS effect (
    id      INTEGER PRIMARY KEY,
    stream  TEXT NOT NULL,
    key     TEXT NOT NULL,
    kind    TEXT NOT NULL,
    payload BLOB NOT NULL,
    done    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (stream, kind, key)
) STRICT;
CREATE TABLE IF NOT EXISTS seen_block (
    number  INTEGER PRIMARY KEY,
    hash    BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS bulletin (
    id      BLOB PRIMARY KEY,
    wire    BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS bulletin_mark (
    author   BLOB NOT NULL,
    topic    TEXT NOT NULL,
    subject  BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    until    INTEGER NOT NULL,
    PRIMARY KEY (author, topic, subject)
) STRICT;
CREATE TABLE IF NOT EXISTS bulletin_state (
    sequence INTEGER NOT NULL,
    horizon  INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS peer (
    peer      BLOB PRIMARY KEY,
    addresses TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS strike (
    identity BLOB PRIMARY KEY,
    points   REAL NOT NULL,
    since    REAL NOT NULL,
    barred   INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS effect_owed ON effect (id) WHERE done = 0;
"""


@dataclass(slots=True)
class _Change(Generic[T]):
    apply: Callable[[sqlite3.Connection], T]
    done: trio.Event
    result: T | None = None
    error: Exception | None = None


class Database:
    """The writer's side of the file; see ``open_database``."""

    def __init__(self, path: Path, queue: trio.MemorySendChannel[_Change[object]]) -> None:
        self.path = path
        self._queue = queue

    async def write(self, apply: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``apply`` inside a transaction, in a thread, and return its result once it is on disk.

        An exception of ``apply`` undoes its own changes only and is raised here.

        Raises:
            UnavailableError: the file takes no writes (disk full, read-only); nothing of the change is kept.
        """
        change: _Change[T] = _Change(apply, trio.Event())
        await self._queue.send(change)  # type: ignore[arg-type]  # the writer hands each result back to its own caller
        await change.done.wait()
        if change.error is not None:
            raise change.error
        return change.result  # type: ignore[return-value]  # set whenever there is no error


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the node's file with the project's settings; tables exist afterwards."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(_SCHEMA)
    return connection


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """Open the file and run its writer until the block ends; queued changes are still written then."""
    connection = connect(path)
    send, receive = trio.open_memory_channel[_Change[object]](_QUEUE)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_write, connection, receive)
            async with send:
                yield Database(path, send)
    finally:
        connection.close()


async def _write(connection: sqlite3.Connection, queue: trio.MemoryReceiveChannel[_Change[object]]) -> None:
    async for first in queue:
        changes = [first]
        with trio.CancelScope(shield=True):
            while len(changes) < _QUEUE:
                try:
                    changes.append(queue.receive_nowait())
                except (trio.WouldBlock, trio.EndOfChannel):
                    break
            await trio.to_thread.run_sync(_commit, connection, changes)
        for change in changes:
            change.done.set()


def _commit(connection: sqlite3.Connection, changes: list[_Change[object]]) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        for change in changes:
            _apply(connection, change)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for change in changes:
            change.error = change.error or UnavailableError(f"the node's database does not take writes: {error}")


def _apply(connection: sqlite3.Connection, change: _Change[object]) -> None:
    connection.execute("SAVEPOINT change")
    try:
        change.result = change.apply(connection)
    except Exception as error:  # noqa: BLE001  # handed to the caller whole; only this caller's change is undone
        connection.execute("ROLLBACK TO change")
        change.error = error
    connection.execute("RELEASE change")
