"""Transactions on their way to the ledger: each intent becomes exactly one, whatever crashes or fails in between.

- An intent is a row, stored in the same SQL transaction as the state change that asks for it. Keys are unique for ever:
  asking twice is asking once.
- Intents are signed in the order they were taken. The nonce is the one after the last that was given, or the account's
  on chain where that is higher (at the very first intent, or when an old backup was restored). Nonce and signed bytes
  are stored together before anybody else sees them, and never change: a resend cannot be a second transaction.
- The same bytes are sent at every new head until their receipt is deep enough.
- A refusal that the endpoint predicts is sent all the same: a refusal that is mined leaves no gap for later nonces to
  wait behind, and the next block may see it otherwise.
- A receipt that disappears (a reorganisation, or a chain restored from a backup) re-opens its intent; the outcome is
  told again only if it turns out differently.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.chain import Chain, Head, Receipt, account_of
from ledger.errors import LedgerError, RevertedError, UnavailableError, WrongChainError
from ledger.types import Transaction
from protocol.ids import Address

MARGIN_PERCENT = 130
"""Gas limit over the estimate: the state may change until the transaction is mined."""

AMPLE_GAS = 6_000_000
"""Gas limit where no estimate holds: an earlier intent of ours is still to be mined, or the estimate was refused. More
than any call of the federation's contracts takes; what is not used is not paid."""

DISPLACED_BLOCKS = 16
"""A nonce that was used this many blocks ago while our transaction has no receipt went to a foreign transaction."""

NONCE_TAKEN = "NonceTaken"
"""Reason of an intent whose nonce a foreign transaction has used up: this account is for this outbox alone."""

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
        block      INTEGER,
        block_hash BLOB,
        success    INTEGER,
        gas        INTEGER,
        told       INTEGER
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS intent_open ON intent (ordinal) WHERE told IS NULL OR success IS NULL",
    """
    CREATE TABLE IF NOT EXISTS intent_sender (
        id INTEGER PRIMARY KEY CHECK (id = 0), chain_id INTEGER NOT NULL, account BLOB NOT NULL,
        number INTEGER NOT NULL, hash BLOB NOT NULL
    ) STRICT
    """,
)
"""``success`` is what the chain says, ``told`` what the caller has stored; ``intent_sender`` keeps the head of then."""

_REOPEN = "UPDATE intent SET block = NULL, block_hash = NULL, success = NULL, gas = NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The transaction of ``key`` is final and did what it says."""

    key: str
    transaction: bytes
    """Its hash."""

    block: int
    gas_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverted:
    """The transaction of ``key`` is final and its contract refused."""

    key: str

    name: str
    """The contract's error, ``NonceTaken``, or nothing when no reason can be found, as when gas ran out."""

    arguments: tuple[object, ...]
    """The error's values in declared order, as they are after its block: what followed in it may have moved them."""

    gas_used: int

    @property
    def reason(self) -> str:
        """The error's name, for a person."""
        return self.name or "refused without a reason"


Outcome = Confirmed | Reverted


@dataclass(frozen=True, slots=True)
class _Intent:
    """A row that is not done with; columns of ``_OPEN`` in order."""

    ordinal: int
    key: str
    target: bytes
    payload: bytes
    nonce: int | None
    hash: bytes
    raw: bytes
    block: int | None
    success: int | None
    gas: int
    told: int | None

    @property
    def transaction(self) -> Transaction:
        return Transaction(to=Address(self.target), payload=self.payload)


_OPEN = """
SELECT ordinal, key, target, payload, nonce, hash, raw, block, success, gas, told
FROM intent WHERE told IS NULL OR success IS NULL OR told <> success ORDER BY ordinal
"""


class Outbox:
    """The outbox in one SQLite file. One process pumps it, under one key whose account nobody else uses."""

    def __init__(self, connection: sqlite3.Connection, *, confirmations: int = 1) -> None:
        """Use ``connection``, which must leave transactions to its owner (``isolation_level=None``).

        ``confirmations`` is the number of blocks, the transaction's own included, until it is final here; more on
        chains that reorganise.
        """
        assert connection.isolation_level is None, "the caller begins and commits"  # noqa: S101
        self._connection = connection
        self._confirmations = confirmations
        self._sent: dict[int, bytes] = {}
        for statement in _SCHEMA:
            connection.execute(statement)

    def enqueue(self, key: str, transaction: Transaction) -> None:
        """Take an intent; call it inside the caller's SQL transaction. A known key is left as it is."""
        self._connection.execute(
            "INSERT OR IGNORE INTO intent (key, target, payload) VALUES (?, ?, ?)",
            (key, transaction.to, transaction.payload),
        )

    def acknowledge(self, key: str) -> None:
        """Note that the caller has stored the outcome of ``key``; call it inside the caller's SQL transaction."""
        self._connection.execute("UPDATE intent SET told = success WHERE key = ?", (key,))

    def pending(self) -> tuple[str, ...]:
        """Keys whose outcome the caller does not have, or whose receipt has disappeared, in order."""
        return tuple(intent.key for intent in self._open())

    def gas_spent(self) -> int:
        """Gas of all mined transactions."""
        return int(self._connection.execute("SELECT COALESCE(SUM(gas), 0) FROM intent").fetchone()[0])

    def pump(self, chain: Chain, signing_key: bytes) -> tuple[Outcome, ...]:
        """Send what is due and return the outcomes that are not acknowledged; call it again and again.

        Raises:
            UnavailableError: the endpoint does not answer; nothing is lost.
            WrongChainError: these intents are for another chain.
            LedgerError: ``signing_key`` is not the one of earlier intents.
        """
        if self._connection.execute("SELECT 1 FROM intent LIMIT 1").fetchone() is None:
            return ()
        sender, head = account_of(signing_key), chain.head()
        self._watch(chain, sender, head)
        mined = chain.nonce(sender)
        self._connection.execute(f"{_REOPEN} WHERE success IS NOT NULL AND nonce >= ?", (mined,))
        for intent in self._open():
            if intent.success is not None:
                continue
            if intent.nonce is None:
                self._send(chain, intent.ordinal, self._sign(chain, signing_key, intent, mined), head)
            elif intent.nonce >= mined:
                self._send(chain, intent.ordinal, intent.raw, head)
            else:
                self._settle(chain, sender, intent, head)
        return tuple(self._outcomes(chain, sender, head))

    def _open(self) -> list[_Intent]:
        return [_Intent(*row) for row in self._connection.execute(_OPEN)]

    def _watch(self, chain: Chain, sender: Address, head: Head) -> None:
        """Re-open what stood in blocks that are gone since the last time, if any are."""
        row = self._connection.execute("SELECT chain_id, account, number, hash FROM intent_sender").fetchone()
        if row is not None:
            chain_id, account, number, known = row
            if chain_id != chain.chain_id:
                raise WrongChainError(chain_id, chain.chain_id)
            if account != sender:
                raise LedgerError(f"the outbox belongs to account 0x{account.hex()}, not 0x{sender.hex()}")
            if known == head.hash:
                return
            if not _canonical(chain, number, known):
                self._reopen(chain)
        self._connection.execute(
            "INSERT OR REPLACE INTO intent_sender VALUES (0, ?, ?, ?, ?)",
            (chain.chain_id, sender, head.number, head.hash),
        )

    def _reopen(self, chain: Chain) -> None:
        blocks = self._connection.execute(
            "SELECT DISTINCT block, block_hash FROM intent WHERE success IS NOT NULL ORDER BY block DESC"
        ).fetchall()
        for number, known in blocks:
            if _canonical(chain, number, known):
                return
            self._connection.execute(f"{_REOPEN} WHERE block_hash = ?", (known,))

    def _sign(self, chain: Chain, key: bytes, intent: _Intent, mined: int) -> bytes:
        """Estimate, sign, and store nonce and bytes before anybody else sees them."""
        last = self._connection.execute("SELECT MAX(nonce) FROM intent").fetchone()[0]
        nonce, gas = mined if last is None else max(mined, last + 1), AMPLE_GAS
        if nonce == mined:
            try:
                gas = chain.estimate(account_of(key), intent.transaction) * MARGIN_PERCENT // 100
            except UnavailableError:
                raise
            except LedgerError:
                gas = AMPLE_GAS
        signed = chain.sign(key, intent.transaction, nonce=nonce, gas=gas, fees=chain.fees())
        self._connection.execute(
            "UPDATE intent SET nonce = ?, hash = ?, raw = ? WHERE ordinal = ?",
            (nonce, signed.hash, signed.raw, intent.ordinal),
        )
        return signed.raw

    def _send(self, chain: Chain, ordinal: int, raw: bytes, head: Head) -> None:
        """Send the same bytes, once for each head; a refusal is no verdict, for only a receipt or the nonce tells."""
        if self._sent.get(ordinal) == head.hash:
            return
        try:
            chain.send(raw)
        except UnavailableError:
            raise
        except LedgerError:
            pass
        self._sent[ordinal] = head.hash

    def _settle(self, chain: Chain, sender: Address, intent: _Intent, head: Head) -> None:
        """Store the receipt of an intent whose nonce is used."""
        receipt = chain.receipt(intent.hash)
        if receipt is None:
            deep = chain.block(max(0, head.number - DISPLACED_BLOCKS))
            if deep is None or chain.nonce(sender, block=deep.number) <= (intent.nonce or 0):
                return
            receipt = Receipt(block=deep.number, block_hash=deep.hash, status=False, gas_used=0, contract=None, logs=())
        self._sent.pop(intent.ordinal, None)
        self._connection.execute(
            "UPDATE intent SET block = ?, block_hash = ?, success = ?, gas = ? WHERE ordinal = ?",
            (receipt.block, receipt.block_hash, receipt.status, receipt.gas_used, intent.ordinal),
        )

    def _outcomes(self, chain: Chain, sender: Address, head: Head) -> Iterable[Outcome]:
        for intent in self._open():
            if intent.success is None or intent.block is None or intent.block + self._confirmations - 1 > head.number:
                continue
            if intent.success:
                yield Confirmed(key=intent.key, transaction=intent.hash, block=intent.block, gas_used=intent.gas)
            else:
                name, arguments = _reason(chain, sender, intent, intent.block)
                yield Reverted(key=intent.key, name=name, arguments=arguments, gas_used=intent.gas)


def _canonical(chain: Chain, number: int, known: bytes) -> bool:
    there = chain.block(number)
    return there is not None and there.hash == known


def _reason(chain: Chain, sender: Address, intent: _Intent, block: int) -> tuple[str, tuple[object, ...]]:
    """Why a mined transaction was refused: receipts do not say, so the call is asked again around its block."""
    if not intent.gas:
        return NONCE_TAKEN, ()
    for number in (block, block - 1):
        try:
            chain.call(intent.transaction.to, intent.payload, block=number, sender=sender)
        except RevertedError as error:
            return error.name, error.arguments
        except UnavailableError:
            raise
        except LedgerError:
            continue
    return "", ()
