"""A node's database side: an outbox in an SQLite file, pumped by hand."""

import sqlite3
from pathlib import Path

from ledger.chain import Chain
from ledger.outbox import Outbox, Outcome
from ledger.types import Transaction


class Sender:
    """A state change and an intent are one SQL transaction."""

    def __init__(self, path: Path, key: bytes, *, confirmations: int = 1) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.outbox = Outbox(self.connection, confirmations=confirmations)
        self._key = key

    def take(self, key: str, transaction: Transaction, *, crash: bool = False) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        self.outbox.enqueue(key, transaction)
        self.connection.execute("ROLLBACK" if crash else "COMMIT")

    def pump(self, chain: Chain) -> list[Outcome]:
        """Pump, and acknowledge what comes out."""
        outcomes = list(self.outbox.pump(chain, self._key))
        for outcome in outcomes:
            self.connection.execute("BEGIN IMMEDIATE")
            self.outbox.acknowledge(outcome.key)
            self.connection.execute("COMMIT")
        return outcomes

    def nonces(self) -> list[tuple[str, int]]:
        return self.connection.execute("SELECT key, nonce FROM intent ORDER BY ordinal").fetchall()
