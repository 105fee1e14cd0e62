"""The embedded chain's one SQLite file: a block and all that belongs to it is one commit, or nothing.

``synchronous=FULL``: an acknowledged transaction or block survives a power cut. While a block is built its writes stay
in an overlay, so that a crash in the middle leaves the parent as head. The file is locked for one process.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from eth.abc import AtomicWriteBatchAPI
from eth.db.atomic import AtomicDBWriteBatch
from eth.db.backends.base import BaseAtomicDB

_SCHEMA = """
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS log (
    block INTEGER NOT NULL, position INTEGER NOT NULL, transaction_index INTEGER NOT NULL,
    transaction_hash BLOB NOT NULL, address BLOB NOT NULL,
    topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, payload BLOB NOT NULL,
    PRIMARY KEY (block, position)
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS log_by_address ON log (address, block);
CREATE INDEX IF NOT EXISTS log_by_topic0 ON log (topic0, block) WHERE topic0 IS NOT NULL;
CREATE INDEX IF NOT EXISTS log_by_topic1 ON log (topic1, block) WHERE topic1 IS NOT NULL;
CREATE INDEX IF NOT EXISTS log_by_topic2 ON log (topic2, block) WHERE topic2 IS NOT NULL;
CREATE INDEX IF NOT EXISTS log_by_topic3 ON log (topic3, block) WHERE topic3 IS NOT NULL;
CREATE TABLE IF NOT EXISTS pending (
    arrival INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, sender BLOB NOT NULL, nonce INTEGER NOT NULL,
    raw BLOB NOT NULL, UNIQUE (sender, nonce)
) STRICT;
"""

_SELECTIVE = ("topic3", "topic2", "topic1", "address", "topic0")
"""Columns of the log index, those that leave fewest rows first: SQLite does not know that half of all logs share their
first topic and a contract's address, while an indexed argument picks out a few."""

LogRow = tuple[int, int, int, bytes, bytes, bytes | None, bytes | None, bytes | None, bytes | None, bytes]
"""Columns of ``log`` in order."""


@dataclass(frozen=True, slots=True)
class BlockRows:
    """What is committed together with a block's trie nodes and header."""

    logs: list[LogRow] = field(default_factory=list)

    settled: list[bytes] = field(default_factory=list)
    """Hashes that leave the mempool: mined, overtaken or not executable."""


class ChainDatabase(BaseAtomicDB):  # type: ignore[misc]  # upstream is untyped
    """py-evm's key-value store, the log index and the mempool in one file; callers serialise their access."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.executescript(_SCHEMA)
        self._overlay: dict[bytes, bytes | None] | None = None

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    # py-evm's side.

    def __getitem__(self, key: bytes) -> bytes:
        if self._overlay is not None and key in self._overlay:
            value = self._overlay[key]
        else:
            row = self._connection.execute("SELECT value FROM entry WHERE key = ?", (key,)).fetchone()
            value = None if row is None else row[0]
        if value is None:
            raise KeyError(key)
        return bytes(value)

    def __setitem__(self, key: bytes, value: bytes) -> None:
        assert self._overlay is not None, "the chain is written inside a block only"  # noqa: S101
        self._overlay[key] = value

    def __delitem__(self, key: bytes) -> None:
        assert self._overlay is not None, "the chain is written inside a block only"  # noqa: S101
        self._overlay[key] = None

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    @contextmanager
    def atomic_batch(self) -> Iterator[AtomicWriteBatchAPI]:
        """py-evm's own unit of writing; it lands in the overlay."""
        with AtomicDBWriteBatch._commit_unless_raises(self) as batch:  # noqa: SLF001  # upstream's own idiom
            yield batch

    @contextmanager
    def block(self) -> Iterator[BlockRows]:
        """Everything written inside, with the yielded rows, becomes one commit at the end; or nothing does."""
        self._overlay, rows = {}, BlockRows()
        try:
            yield rows
            self._commit(self._overlay, rows)
        finally:
            self._overlay = None

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """Writes inside are forgotten: for calls and estimates."""
        self._overlay = {}
        try:
            yield
        finally:
            self._overlay = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Mempool writes inside become one commit at the end, or none of them: an array of calls waits for one disk."""
        with self._transaction():
            yield

    # Mempool and logs.

    def keep_pending(self, tx_hash: bytes, sender: bytes, nonce: int, raw: bytes) -> None:
        """Store a mempool transaction durably, in place of one with the same sender and nonce."""
        row = (tx_hash, sender, nonce, raw)
        self._connection.execute("INSERT OR REPLACE INTO pending (hash, sender, nonce, raw) VALUES (?, ?, ?, ?)", row)

    def pending(self) -> list[bytes]:
        """Raw mempool transactions in order of arrival."""
        return [row[0] for row in self._connection.execute("SELECT raw FROM pending ORDER BY arrival")]

    def logs(self, first: int, last: int, wanted: Mapping[str, Sequence[bytes]], limit: int) -> list[LogRow]:
        """Rows of blocks ``first`` to ``last`` in chain order, at most ``limit``.

        Args:
            first: number of the first block.
            last: number of the last block.
            wanted: by column (``address``, ``topic0`` to ``topic3``) the values that will do; an absent one is free.
            limit: rows; -1 for all.
        """
        chosen = {column: wanted[column] for column in _SELECTIVE if wanted.get(column)}
        conditions = ["block BETWEEN ? AND ?"]
        conditions += [f"{column} IN ({', '.join('?' * len(values))})" for column, values in chosen.items()]
        index = f"INDEXED BY log_by_{next(iter(chosen))}" if chosen else ""
        query = f"SELECT * FROM log {index} WHERE {' AND '.join(conditions)} ORDER BY block, position LIMIT {limit:d}"  # noqa: S608
        values = [value for values in chosen.values() for value in values]
        return self._connection.execute(query, (first, last, *values)).fetchall()

    def _commit(self, overlay: dict[bytes, bytes | None], rows: BlockRows) -> None:
        kept = [(key, value) for key, value in overlay.items() if value is not None]
        gone = [(key,) for key, value in overlay.items() if value is None]
        with self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?)", kept)
            self._connection.executemany("DELETE FROM entry WHERE key = ?", gone)
            self._connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows.logs)
            self._connection.executemany("DELETE FROM pending WHERE hash = ?", [(one,) for one in rows.settled])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
