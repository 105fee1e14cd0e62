"""Transactions on their way to the ledger: each intent becomes exactly one, whatever crashes or fails in between.

- An intent is a row, stored in the same SQL transaction as the state change that asks for it. Keys are unique for ever:
  asking twice is asking once.
- Intents are signed in the order they were taken. The nonce is the one after the last that was given, or the account's
  on chain where that is higher (at the very first intent, or when an old backup was restored). Nonce and signed bytes
  are stored together before anybody else sees them. The nonce never changes, so that at most one of all the bytes that
  an intent was ever signed as can be mined.
- The same bytes are sent at every new head until their receipt is deep enough. Only where they offer too little for gas
  are they signed again, at a higher price under the same nonce.
- A refusal that the endpoint predicts is sent all the same: a refusal that is mined leaves no gap for later nonces to
  wait behind, and the next block may see it otherwise.
- A receipt that disappears (a reorganisation, or a chain restored from a backup) re-opens its intent; the outcome is
  told again only if it turns out differently.
- What an operator must mend is an alarm; the outbox goes on by itself when it is mended.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.alarms import Alarm, Waiting, alarms
from ledger.chain import Chain, Head, Receipt, account_of
from ledger.errors import LedgerError, RefusedError, RevertedError, UnavailableError, WrongChainError
from ledger.intents import Intent, Intents, Seen
from ledger.pricing import due, raised
from ledger.types import Transaction
from protocol.ids import Address

MARGIN_PERCENT = 130
"""Gas limit over the estimate: the state may change until the transaction is mined."""

AMPLE_GAS = 6_000_000
"""Gas limit where no estimate holds: an earlier intent of ours is still to be mined, or the estimate was refused. More
than any call of the federation's contracts takes; what is not used is not paid."""

DISPLACED_BLOCKS = 16
"""A nonce that was used this many blocks ago while our transaction has no receipt went to a foreign transaction."""

DISPLACED_LOOKS = 3
"""At so many heads the receipt must be missing for that: behind one address there may be replicas that lag."""

NONCE_TAKEN = "NonceTaken"
"""Reason of an intent whose nonce a foreign transaction has used up: this account is for this outbox alone."""


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


class Outbox:
    """The outbox in one SQLite file. One process pumps it, under one key whose account nobody else uses."""

    def __init__(self, connection: sqlite3.Connection, *, confirmations: int = 1) -> None:
        """Use ``connection``, which must leave transactions to its owner (``isolation_level=None``).

        ``confirmations`` is the number of blocks, the transaction's own included, until it is final here; more on
        chains that reorganise.
        """
        assert connection.isolation_level is None, "the caller begins and commits"  # noqa: S101
        self._intents = Intents(connection)
        self._confirmations = confirmations
        self._sent: dict[int, bytes] = {}
        self._refused: dict[str, RefusedError] = {}
        self._missed: dict[int, set[bytes]] = {}
        self.alarms: tuple[Alarm, ...] = ()
        """What kept the last pump from getting on; replaced by each."""
        self.waiting = False
        """Whether the last pump left something that was sent and is not in a block yet."""

    def enqueue(self, key: str, transaction: Transaction) -> None:
        """Take an intent; call it inside the caller's SQL transaction. A known key is left as it is."""
        self._intents.add(key, transaction)

    def acknowledge(self, key: str) -> None:
        """Note that the caller has stored the outcome of ``key``; call it inside the caller's SQL transaction."""
        self._intents.acknowledge(key)

    def pending(self) -> tuple[str, ...]:
        """Keys whose outcome the caller does not have, or whose receipt has disappeared, in order."""
        return tuple(intent.key for intent in self._intents.open())

    def gas_spent(self) -> int:
        """Gas of all mined transactions."""
        return self._intents.gas()

    def pump(self, chain: Chain, signing_key: bytes, head: Head | None = None) -> tuple[Outcome, ...]:
        """Send what is due and return the outcomes that are not acknowledged; call it again and again.

        Args:
            chain: whom to send to.
            signing_key: of the account that sends.
            head: the latest block, where the caller has just asked for it.

        Raises:
            UnavailableError: the endpoint does not answer; nothing is lost.
            WrongChainError: these intents are for another chain.
            LedgerError: ``signing_key`` is not the one of earlier intents.
        """
        if not self._intents.any():
            return ()
        sender, head = account_of(signing_key), head or chain.head()
        if self._watch(chain, sender, head) and all(intent.success is not None for intent in self._intents.open()):
            self.waiting, self.alarms = False, ()
            return tuple(self._outcomes(chain, sender, head))
        mined = chain.nonce(sender)
        self._intents.reopen_from(mined)
        for intent in self._intents.open():
            if intent.success is not None:
                continue
            if intent.nonce is None:
                self._send(chain, intent, self._sign(chain, signing_key, intent, mined, head), head)
            elif intent.nonce >= mined:
                self._send(chain, intent, self._price(chain, signing_key, intent, mined, head), head)
            else:
                self._settle(chain, sender, intent, head)
        self._look(sender, mined, head)
        return tuple(self._outcomes(chain, sender, head))

    def _watch(self, chain: Chain, sender: Address, head: Head) -> bool:
        """Re-open what stood in blocks that are gone since the last time; whether none can be, by the head alone."""
        seen = self._intents.seen()
        if seen is not None:
            if seen.chain_id != chain.chain_id:
                raise WrongChainError(seen.chain_id, chain.chain_id)
            if seen.account != sender:
                raise LedgerError(f"the outbox belongs to account 0x{seen.account.hex()}, not 0x{sender.hex()}")
            if head.number < seen.number:
                return False  # the endpoint lags: what it does not have yet is not gone
            if seen.hash == head.hash:
                return True
            if seen.hash != head.parent and not _canonical(chain, seen.number, seen.hash):
                chain.verify()
                self._reopen(chain)
        self._intents.see(Seen(chain_id=chain.chain_id, account=sender, number=head.number, hash=head.hash))
        return seen is not None and seen.hash == head.parent

    def _reopen(self, chain: Chain) -> None:
        for number, known in self._intents.blocks():
            if _canonical(chain, number, known):
                return
            self._intents.reopen_block(known)

    def _sign(self, chain: Chain, key: bytes, intent: Intent, mined: int, head: Head) -> bytes:
        """Estimate, sign, and store nonce and bytes before anybody else sees them."""
        last = self._intents.last_nonce()
        nonce, gas = mined if last is None else max(mined, last + 1), AMPLE_GAS
        if nonce == mined:
            try:
                gas = chain.estimate(account_of(key), intent.transaction) * MARGIN_PERCENT // 100
            except UnavailableError:
                raise
            except LedgerError:
                gas = AMPLE_GAS
        fees = chain.fees()
        signed = chain.sign(key, intent.transaction, nonce=nonce, gas=gas, fees=fees)
        self._intents.sign(intent.ordinal, signed, nonce=nonce, gas_limit=gas, fees=fees, at=head.number)
        return signed.raw

    def _price(self, chain: Chain, key: bytes, intent: Intent, mined: int, head: Head) -> bytes:
        """The bytes to send: those that are stored, or the same under the same nonce at a higher price."""
        assert intent.nonce is not None  # noqa: S101  # it was signed before
        offered, waited = (intent.fee, intent.tip), head.number - intent.signed_at
        if not due(offered, base_fee=head.base_fee, waited=waited, first=intent.nonce == mined):
            return intent.raw
        fees = raised(offered, chain.fees())
        if fees is None:
            return intent.raw
        signed = chain.sign(key, intent.transaction, nonce=intent.nonce, gas=intent.gas_limit, fees=fees)
        self._intents.sign(
            intent.ordinal, signed, nonce=intent.nonce, gas_limit=intent.gas_limit, fees=fees, at=head.number
        )
        return signed.raw

    def _send(self, chain: Chain, intent: Intent, raw: bytes, head: Head) -> None:
        """Send the same bytes, once for each head; a refusal is no verdict, for only a receipt or the nonce tells."""
        if self._sent.get(intent.ordinal) == head.hash:
            return
        self._refused.pop(intent.key, None)
        try:
            chain.send(raw)
        except RefusedError as refusal:
            self._refused[intent.key] = refusal
        self._sent[intent.ordinal] = head.hash

    def _settle(self, chain: Chain, sender: Address, intent: Intent, head: Head) -> None:
        """Store the receipt of an intent whose nonce is used."""
        receipts = ((one, chain.receipt(one)) for one in self._intents.hashes(intent))
        mined, receipt = next(((one, found) for one, found in receipts if found is not None), (intent.hash, None))
        if receipt is None:
            receipt = self._displaced(chain, sender, intent, head)
        if receipt is None or receipt.block > head.number:
            return  # it is not known, or younger than what the next head is compared with
        self._sent.pop(intent.ordinal, None)
        self._refused.pop(intent.key, None)
        self._missed.pop(intent.ordinal, None)
        self._intents.settle(intent.ordinal, mined, receipt)

    def _displaced(self, chain: Chain, sender: Address, intent: Intent, head: Head) -> Receipt | None:
        """The end of an intent whose nonce went to a foreign transaction, once that is certain."""
        looks = self._missed.setdefault(intent.ordinal, set())
        looks.add(head.hash)
        deep = chain.block(max(0, head.number - DISPLACED_BLOCKS))
        if len(looks) < DISPLACED_LOOKS or deep is None:
            return None
        if chain.nonce(sender, block=deep.number) <= (intent.nonce or 0):
            return None
        return Receipt(block=deep.number, block_hash=deep.hash, status=False, gas_used=0, contract=None, logs=())

    def _look(self, sender: Address, mined: int, head: Head) -> None:
        waiting = [
            Waiting(key=one.key, nonce=one.nonce, blocks=head.number - one.signed_at)
            for one in self._intents.open()
            if one.success is None and one.nonce is not None and one.nonce >= mined
        ]
        self.waiting = bool(waiting)
        self.alarms = alarms(sender, mined, sorted(waiting, key=lambda one: one.nonce), self._refused)

    def _outcomes(self, chain: Chain, sender: Address, head: Head) -> Iterable[Outcome]:
        for intent in self._intents.open():
            if intent.success is None or intent.block is None or intent.block + self._confirmations - 1 > head.number:
                continue
            if intent.success:
                yield Confirmed(
                    key=intent.key, transaction=intent.mined or intent.hash, block=intent.block, gas_used=intent.gas
                )
            else:
                name, arguments = _reason(chain, sender, intent, intent.block)
                yield Reverted(key=intent.key, name=name, arguments=arguments, gas_used=intent.gas)


def _canonical(chain: Chain, number: int, known: bytes) -> bool:
    there = chain.block(number)
    return there is not None and there.hash == known


def _reason(chain: Chain, sender: Address, intent: Intent, block: int) -> tuple[str, tuple[object, ...]]:
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
