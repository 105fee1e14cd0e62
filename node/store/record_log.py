"""The node's RFC 9162 log in its database: it appends, proves, and refuses to change or drop an entry.

Beside the entries it holds the hash of every complete subtree, so that an append costs two hashes on average and a
proof as many look-ups as it has hashes. Whoever appends in a transaction of its own work has both or neither.
"""

import sqlite3
from collections.abc import Sequence

from protocol import merkle
from protocol.ids import Digest, MachineId

_TABLES = (
    """CREATE TABLE IF NOT EXISTS log_entry (
        number  INTEGER PRIMARY KEY,
        content BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS log_node (
        level   INTEGER NOT NULL,
        number  INTEGER NOT NULL,
        hash    BLOB NOT NULL,
        PRIMARY KEY (level, number)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS log_checkpoint (
        size    INTEGER PRIMARY KEY,
        note    BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS certificate (
        digest  BLOB PRIMARY KEY,
        content BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS machine (
        name        TEXT PRIMARY KEY,
        certificate BLOB NOT NULL REFERENCES certificate,
        head        BLOB NOT NULL
    ) STRICT""",
    *(
        f"""CREATE TRIGGER IF NOT EXISTS {table}_{change.lower()} BEFORE {change} ON {table}
        BEGIN SELECT RAISE(ABORT, 'a log only grows'); END"""
        for table in ("log_entry", "log_node")
        for change in ("UPDATE", "DELETE")
    ),
)


class RecordLog:
    """The log, seen through one connection; what it changes belongs to that connection's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @staticmethod
    def create(connection: sqlite3.Connection) -> None:
        """Make the tables where there are none."""
        for statement in _TABLES:
            connection.execute(statement)

    @property
    def size(self) -> int:
        """Number of entries."""
        (count,) = self._connection.execute("SELECT COALESCE(MAX(number), -1) + 1 FROM log_entry").fetchone()
        return int(count)

    def append(self, contents: Sequence[bytes]) -> int:
        """Add entries; the number of the first."""
        first = self.size
        fresh: dict[tuple[int, int], Digest] = {}
        for number, content in enumerate(contents, start=first):
            level, position, found = 0, number, merkle.leaf_hash(content)
            fresh[level, position] = found
            while position & 1:
                left = fresh.get((level, position - 1)) or self._node(level, position - 1)
                level, position, found = level + 1, position >> 1, merkle.node_hash(left, found)
                fresh[level, position] = found
        self._connection.executemany("INSERT INTO log_entry VALUES (?, ?)", enumerate(contents, start=first))
        rows = [(level, number, found) for (level, number), found in fresh.items()]
        self._connection.executemany("INSERT INTO log_node VALUES (?, ?, ?)", rows)
        return first

    def root(self, size: int) -> Digest:
        """Root of the first ``size`` entries."""
        return self._hash(0, size) if size else merkle.root([])

    def prove(self, index: int, size: int) -> tuple[Digest, ...]:
        """Inclusion proof of entry ``index`` among the first ``size``."""
        return tuple(self._hash(first, last) for first, last in merkle.inclusion_ranges(index, size))

    def prove_consistency(self, old: int, new: int) -> tuple[Digest, ...]:
        """Proof that the first ``new`` entries begin with the first ``old``."""
        return tuple(self._hash(first, last) for first, last in merkle.consistency_ranges(old, new))

    def contents(self) -> list[bytes]:
        """All entries in order."""
        return [bytes(row[0]) for row in self._connection.execute("SELECT content FROM log_entry ORDER BY number")]

    @property
    def closed(self) -> int:
        """Number of entries under the latest checkpoint; 0 before the first."""
        (size,) = self._connection.execute("SELECT COALESCE(MAX(size), 0) FROM log_checkpoint").fetchone()
        return int(size)

    def close(self, size: int, note: bytes) -> None:
        """Keep the checkpoint of the first ``size`` entries; one of the same size that is there already stays."""
        self._connection.execute("INSERT OR IGNORE INTO log_checkpoint VALUES (?, ?)", (size, note))

    def note(self) -> bytes | None:
        """The latest checkpoint."""
        row = self._connection.execute("SELECT note FROM log_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        return None if row is None else bytes(row[0])

    def machine(self, name: MachineId) -> tuple[Digest, Digest] | None:
        """A machine's certificate in force and the head of its chain."""
        row = self._connection.execute("SELECT certificate, head FROM machine WHERE name = ?", (name,)).fetchone()
        return None if row is None else (Digest(bytes(row[0])), Digest(bytes(row[1])))

    def certificate(self, digest: Digest) -> bytes:
        """A certificate that was logged."""
        query = "SELECT content FROM certificate WHERE digest = ?"
        return bytes(self._connection.execute(query, (digest,)).fetchone()[0])

    def certify(self, name: MachineId, certificate: bytes) -> tuple[Digest, Digest]:
        """Log a machine's certificate and put it in force, as ``machine`` then says; the first begins its chain."""
        digest = merkle.leaf_hash(certificate)
        self.append([certificate])
        self._connection.execute("INSERT INTO certificate VALUES (?, ?)", (digest, certificate))
        self._connection.execute(
            "INSERT INTO machine VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET certificate = excluded.certificate",
            (name, digest, digest),
        )
        (head,) = self._connection.execute("SELECT head FROM machine WHERE name = ?", (name,)).fetchone()
        return digest, Digest(bytes(head))

    def advance(self, name: MachineId, envelopes: Sequence[bytes]) -> int:
        """Log what a machine signed, in order; the number of the first entry."""
        head = merkle.leaf_hash(envelopes[-1])
        self._connection.execute("UPDATE machine SET head = ? WHERE name = ?", (head, name))
        return self.append(envelopes)

    def _hash(self, first: int, last: int) -> Digest:
        """Tree hash of a run of leaves as the standard's recursion splits it: complete subtrees are there already."""
        level = (last - first).bit_length() - 1
        if last - first == 1 << level:
            return self._node(level, first >> level)
        middle = first + (1 << level)
        return merkle.node_hash(self._hash(first, middle), self._hash(middle, last))

    def _node(self, level: int, number: int) -> Digest:
        query = "SELECT hash FROM log_node WHERE level = ? AND number = ?"
        return Digest(bytes(self._connection.execute(query, (level, number)).fetchone()[0]))
