"""What this node knows of other nodes' logs: the checkpoint it cosigned last, and evidence against split ones."""

import sqlite3
from hashlib import sha256

from protocol.ids import PeerId
from protocol.wire import decode, encode
from protocol.witness import SplitView

_TABLES = (
    """CREATE TABLE IF NOT EXISTS witnessed (
        provider BLOB PRIMARY KEY,
        note     BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS split_view (
        digest   BLOB PRIMARY KEY,
        provider BLOB NOT NULL,
        evidence BLOB NOT NULL
    ) STRICT""",
)


class Witnessed:
    """The tables, seen through one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @staticmethod
    def create(connection: sqlite3.Connection) -> None:
        """Make the tables where there are none."""
        for statement in _TABLES:
            connection.execute(statement)

    def latest(self, provider: PeerId) -> bytes | None:
        """The note of a provider's log that was cosigned last."""
        row = self._connection.execute("SELECT note FROM witnessed WHERE provider = ?", (provider,)).fetchone()
        return None if row is None else bytes(row[0])

    def keep(self, provider: PeerId, note: bytes) -> None:
        """Remember a note in place of the one before."""
        self._connection.execute("INSERT OR REPLACE INTO witnessed VALUES (?, ?)", (provider, note))

    def accuse(self, provider: PeerId, evidence: SplitView) -> bool:
        """Keep evidence for good; False when it is known."""
        content = encode(evidence)
        row = (sha256(content).digest(), provider, content)
        return self._connection.execute("INSERT OR IGNORE INTO split_view VALUES (?, ?, ?)", row).rowcount > 0

    def splits(self) -> list[SplitView]:
        """All evidence."""
        rows = self._connection.execute("SELECT evidence FROM split_view ORDER BY rowid")
        return [decode(SplitView, bytes(row[0])) for row in rows]
