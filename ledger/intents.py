"""The outbox's rows: what was asked for, under which nonce, in which bytes, and what became of it."""

import sqlite3
from dataclasses import dataclass

from ledger.chain import Receipt, Signed
from ledger.pricing import Fees
from ledger.types import Transaction
from protocol.ids import Address

_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS intent (
        ordinal    INTEGER PRIMARY KEY,
        key        TEXT NOT NULL UNIQUE,
        target     BLOB NOT NULL,
        payload    BLOB NOT NULL,
        nonce      INTEGER UNIQUE,
        hash       BLOB,
        raw        BLOB,
        gas_limit  INTEGER,
        fee        INTEGER,
        tip        INTEGER,
        signed_at  INTEGER,
        mined      BLOB,
        block      INTEGER,
        block_hash BLOB,
        success    INTEGER,
        gas        INTEGER,
        told       INTEGER
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS intent_open ON intent (ordinal) WHERE told IS NULL OR success IS NULL",
    "CREATE TABLE IF NOT EXISTS intent_replaced (hash BLOB PRIMARY KEY, ordinal INTEGER NOT NULL) STRICT",
    """
    CREATE TABLE IF NOT EXISTS intent_sender (
        id INTEGER PRIMARY KEY CHECK (id = 0), chain_id INTEGER NOT NULL, account BLOB NOT NULL,
        number INTEGER NOT NULL, hash BLOB NOT NULL
    ) STRICT
    """,
)
"""``hash`` is of the bytes that are sent now; ``success`` is what the chain says, ``told`` what the caller has stored.
``intent_replaced`` keeps the hashes that an intent had at lower prices, for any of them may be mined, and
``intent_sender`` the head of the last time."""

_OPEN = """
SELECT ordinal, key, target, payload, nonce, hash, raw, gas_limit, fee, tip, signed_at, mined, block, success, gas, told
FROM intent WHERE told IS NULL OR success IS NULL OR told <> success ORDER BY ordinal
"""

_REOPEN = "UPDATE intent SET mined = NULL, block = NULL, block_hash = NULL, success = NULL, gas = NULL"


@dataclass(frozen=True, slots=True)
class Intent:
    """A row that is not done with; columns of ``_OPEN`` in order."""

    ordinal: int
    key: str
    target: bytes
    payload: bytes
    nonce: int | None
    hash: bytes
    raw: bytes
    gas_limit: int
    fee: int
    tip: int
    signed_at: int
    """Number of the head when it was signed as it is now."""

    mined: bytes | None
    """Under which of its hashes."""

    block: int | None
    success: int | None
    gas: int
    told: int | None

    @property
    def transaction(self) -> Transaction:
        """What it asks for."""
        return Transaction(to=Address(self.target), payload=self.payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Whose intents these are, and the head at which they were last looked after."""

    chain_id: int
    account: bytes
    number: int
    hash: bytes


class Intents:
    """The rows in one SQLite file; who changes several at once begins and commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for statement in _SCHEMA:
            connection.execute(statement)

    def add(self, key: str, transaction: Transaction) -> None:
        """A new row; a known key is left as it is."""
        self._connection.execute(
            "INSERT OR IGNORE INTO intent (key, target, payload) VALUES (?, ?, ?)",
            (key, transaction.to, transaction.payload),
        )

    def acknowledge(self, key: str) -> None:
        """The caller has stored what became of ``key``."""
        self._connection.execute("UPDATE intent SET told = success WHERE key = ?", (key,))

    def open(self) -> list[Intent]:
        """Rows that are not done with, in order."""
        return [Intent(*row) for row in self._connection.execute(_OPEN)]

    def any(self) -> bool:
        """Whether there ever was one."""
        return self._connection.execute("SELECT 1 FROM intent LIMIT 1").fetchone() is not None

    def gas(self) -> int:
        """Gas of all mined transactions."""
        return int(self._connection.execute("SELECT COALESCE(SUM(gas), 0) FROM intent").fetchone()[0])

    def last_nonce(self) -> int | None:
        """The highest that was given."""
        last: int | None = self._connection.execute("SELECT MAX(nonce) FROM intent").fetchone()[0]
        return last

    def sign(self, ordinal: int, signed: Signed, *, nonce: int, gas_limit: int, fees: Fees, at: int) -> None:
        """Keep the bytes of an intent, before anybody else sees them, and remember the hash that they replace."""
        self._connection.execute(
            "INSERT OR IGNORE INTO intent_replaced SELECT hash, ordinal FROM intent"
            " WHERE ordinal = ? AND hash IS NOT NULL",
            (ordinal,),
        )
        self._connection.execute(
            "UPDATE intent SET nonce = ?, hash = ?, raw = ?, gas_limit = ?, fee = ?, tip = ?, signed_at = ?"
            " WHERE ordinal = ?",
            (nonce, signed.hash, signed.raw, gas_limit, *fees, at, ordinal),
        )

    def hashes(self, intent: Intent) -> list[bytes]:
        """All that an intent was ever sent as, the latest first."""
        replaced = self._connection.execute(
            "SELECT hash FROM intent_replaced WHERE ordinal = ? ORDER BY rowid DESC", (intent.ordinal,)
        )
        return [intent.hash, *(row[0] for row in replaced if row[0] != intent.hash)]

    def settle(self, ordinal: int, mined: bytes, receipt: Receipt) -> None:
        """Keep what the chain says of an intent, and under which of its hashes."""
        self._connection.execute(
            "UPDATE intent SET mined = ?, block = ?, block_hash = ?, success = ?, gas = ? WHERE ordinal = ?",
            (mined, receipt.block, receipt.block_hash, receipt.status, receipt.gas_used, ordinal),
        )

    def blocks(self) -> list[tuple[int, bytes]]:
        """Blocks that hold settled intents, the highest first."""
        return self._connection.execute(
            "SELECT DISTINCT block, block_hash FROM intent WHERE success IS NOT NULL ORDER BY block DESC"
        ).fetchall()

    def reopen_block(self, block_hash: bytes) -> None:
        """The block is gone: what stood in it is not settled any more."""
        self._connection.execute(f"{_REOPEN} WHERE block_hash = ?", (block_hash,))

    def reopen_from(self, nonce: int) -> None:
        """The chain expects ``nonce``: nothing from there on is mined, whatever was known before."""
        self._connection.execute(f"{_REOPEN} WHERE success IS NOT NULL AND nonce >= ?", (nonce,))

    def seen(self) -> Seen | None:
        """The last look, if there was one."""
        row = self._connection.execute("SELECT chain_id, account, number, hash FROM intent_sender").fetchone()
        return None if row is None else Seen(chain_id=row[0], account=row[1], number=row[2], hash=row[3])

    def see(self, seen: Seen) -> None:
        """Remember this look."""
        self._connection.execute(
            "INSERT OR REPLACE INTO intent_sender VALUES (0, ?, ?, ?, ?)",
            (seen.chain_id, seen.account, seen.number, seen.hash),
        )
