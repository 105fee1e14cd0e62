"""Where the ledger meets the workflows: intents go out through the outbox, and what the chain says becomes events."""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from hashlib import sha256

import trio

from ledger.alarms import Alarm
from ledger.chain import Chain, Head, account_of
from ledger.contracts import Contracts
from ledger.disputes import Drawn
from ledger.errors import LedgerError
from ledger.follow import Batch, Follower
from ledger.members import Registered
from ledger.outbox import Confirmed, Outbox, Outcome
from ledger.types import Log, Transaction
from node.store.database import Database, connect
from node.workflows import answered, disputed, posted, watch_auction
from node.workflows.answered import Answer
from node.workflows.disputed import CaseOpened
from node.workflows.events import BidBonded, BondEnded, Mined, OrderEnded, Submit
from node.workflows.ledger_events import moved, translate, units
from node.workflows.posted import Post
from node.workflows.runner import Effect, Runner, mark_done
from node.workflows.thread import licences
from protocol.ids import Address, PeerId
from protocol.units import UnixSeconds

log = logging.getLogger("guildmark.settlement")

_SEPARATOR = "|"

AWAITED = 4
"""So many times as often the chain is looked at while a block is awaited that has something of ours."""

OPERATOR = "operator"
"""The stream of intents that no workflow has, but the person at the node."""


class Settlement:
    """One node's writer and reader of the chain; each has a connection of its own to the node's database."""

    def __init__(
        self,
        *,
        database: Database,
        chain: Chain,
        contracts: Contracts,
        signing_key: bytes,
        confirmations: int = 1,
        registered: Callable[[PeerId, Address], None] = lambda _peer, _account: None,
        members_changed: Callable[[], None] = lambda: None,
    ) -> None:
        """``registered`` is told of every registration as soon as the ledger holds it, the other of any change."""
        self._registered = registered
        self._members_changed = members_changed
        self._database = database
        self._chain = chain
        self._contracts = contracts
        self._key = signing_key
        self._account = account_of(signing_key)
        self._outbox = Outbox(connect(database.path), confirmations=confirmations)
        self._due = trio.Event()
        self._asked: dict[str, trio.MemorySendChannel[Outcome]] = {}
        self._follower = Follower(
            connect(database.path), contracts.addresses, start=contracts.block, confirmations=confirmations
        )

    @staticmethod
    def enqueue(connection: sqlite3.Connection, stream: str, effect: Effect) -> None:
        """Take a ``Submit`` into the outbox, in the transaction that stores the effect."""
        assert isinstance(effect, Submit)  # noqa: S101  # the only effect with this hook
        outbox = Outbox(connection)
        for number, transaction in enumerate(effect.transactions):
            last = number == len(effect.transactions) - 1
            outbox.enqueue(_key(stream, effect.key, number, last=last), transaction)

    def hurry(self) -> None:
        """Something is in the outbox: pump it now."""
        self._due.set()

    async def send(self, key: str, transaction: Transaction) -> Outcome:
        """Take one intent of the operator's and wait until it is final; to stop waiting undoes nothing."""
        intent = _key(OPERATOR, key, 0, last=True)
        told, outcome = trio.open_memory_channel[Outcome](1)
        self._asked[intent] = told
        try:
            await self._database.write(lambda connection: Outbox(connection).enqueue(intent, transaction))
            self.hurry()
            return await outcome.receive()
        finally:
            self._asked.pop(intent, None)

    async def run(self, runner: Runner, *, every: float, wall: Callable[[], UnixSeconds]) -> None:
        """Pump the outbox and follow the chain until cancelled; an unreachable chain is asked again.

        Args:
            every: seconds between two looks, unless there is something to send.
        """
        reachable, quiet = True, b""
        while True:
            self._due = trio.Event()
            try:
                head = await trio.to_thread.run_sync(self._chain.head)
                if head.hash != quiet:
                    quiet = b"" if await self._look(head, runner, wall) else head.hash
                if not reachable:
                    log.warning("the ledger answers again")
                reachable = True
            except LedgerError as error:
                if reachable:
                    log.warning("the ledger does not answer: %s; work goes on when it does", error)
                reachable = False
                await trio.sleep(every)  # whatever is in the outbox, there is nobody to hurry to
                continue
            with trio.move_on_after(every / AWAITED if self._outbox.waiting else every):
                await self._due.wait()
                quiet = b""

    async def _look(self, head: Head, runner: Runner, wall: Callable[[], UnixSeconds]) -> bool:
        """Send what is due and take in what the ledger says; False when nothing will have changed until a new block."""
        outcomes = await trio.to_thread.run_sync(self._outbox.pump, self._chain, self._key, head)
        await self._report(runner, outcomes)
        return await self._follow(head, runner, wall) or bool(outcomes)

    async def gas_spent(self) -> int:
        """Gas of all this node's final transactions."""
        return await self._database.write(lambda connection: Outbox(connection).gas_spent())

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """What keeps this node's transactions from the ledger, for the operator."""
        return self._outbox.alarms

    async def pending(self) -> int:
        """Transactions that are not final yet."""
        return await self._database.write(lambda connection: len(Outbox(connection).pending()))

    async def _report(self, runner: Runner, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            stream, effect, number, last = outcome.key.split(_SEPARATOR)
            error = "" if isinstance(outcome, Confirmed) else outcome.reason
            event = Mined(effect=effect, gas=outcome.gas_used, error=error)
            # A transaction that turns out otherwise after a fork says so beside what it said before.
            said = f"mined/{effect}/{number}/{error}" if error else f"mined/{effect}/{number}"

            def note(
                connection: sqlite3.Connection,
                key: str = outcome.key,
                done: tuple[str, str] | None = (stream, effect) if last == "last" else None,
            ) -> None:
                Outbox(connection).acknowledge(key)
                if done is not None:
                    mark_done(connection, done[0], Submit, done[1])

            if runner.state(stream) is None:
                await self._database.write(note)
                if (told := self._asked.pop(outcome.key, None)) is not None:
                    told.send_nowait(outcome)
            else:
                await runner.post(stream, said, event, within=note)

    async def _follow(self, head: Head, runner: Runner, wall: Callable[[], UnixSeconds]) -> bool:
        """Take in what follows the cursor; whether it moved."""
        batch: Batch = await trio.to_thread.run_sync(self._follower.advance, self._chain, head)
        if batch.rolled_back_to is not None:
            await self._roll_back(runner, batch.rolled_back_to)
        if batch.rolled_back_to is not None or any(e.address == self._contracts.members.address for e in batch.events):
            self._members_changed()
        for entry in batch.events:
            if isinstance(event := self._contracts.members.decode(entry), Registered):
                self._registered(event.peer, event.account)
        undone = await runner.undone() if batch.events else ()
        begun: set[str] = set()
        said = [
            (entry.block, one)
            for entry in batch.events
            for one in (*self._events(runner, entry, wall(), undone), *self._of_case(runner, entry, undone, begun))
        ]

        def note(connection: sqlite3.Connection) -> None:
            self._follower.commit(batch, connection)
            blocks = [(entry.block, entry.block_hash) for entry in batch.events]
            connection.executemany("INSERT OR REPLACE INTO seen_block VALUES (?, ?)", blocks)
            places = [(stream, key, block) for block, (stream, key, _) in said]
            connection.executemany("INSERT OR REPLACE INTO event_block VALUES (?, ?, ?)", places)

        await runner.post_all([posted for _, posted in said], within=note)
        return batch.head is not None or batch.rolled_back_to is not None

    async def _roll_back(self, runner: Runner, block: int) -> None:
        """Undo what blocks above ``block`` said, in one transaction with the cursor's way back."""
        gone = Batch(events=(), head=None, rolled_back_to=block)

        def choose(connection: sqlite3.Connection) -> list[tuple[str, str]]:
            self._follower.commit(gone, connection)
            connection.execute("DELETE FROM seen_block WHERE number > ?", (block,))
            return connection.execute("SELECT stream, key FROM event_block WHERE block > ?", (block,)).fetchall()

        count = await runner.undo(choose)
        log.warning(
            "the chain was reorganised back to block %d; %d events are undone until it says them again", block, count
        )

    def _events(
        self, runner: Runner, entry: Log, now: UnixSeconds, undone: Sequence[tuple[str, str]]
    ) -> list[tuple[str, str, object]]:
        key = _said_once(entry)
        said = translate(entry, self._contracts, now)
        if said is not None:
            job, event = said
            streams = [posted.stream_of(job), answered.stream_of(job)]
            if isinstance(event, BidBonded | BondEnded | OrderEnded):
                streams.append(watch_auction.stream_of(job))
            return [(stream, key, event) for stream in streams if runner.state(stream) is not None]
        recorded = units(entry, self._contracts)
        if recorded is None:
            return []
        jobs = ((stream, runner.state(stream)) for stream in runner.streams(posted.NAME))
        return [
            (stream, key, recorded)
            for stream, state in jobs
            if (stream, key) in undone
            or (isinstance(state, Post) and recorded.licence in licences(state, self._contracts))
        ]

    def _of_case(
        self, runner: Runner, entry: Log, undone: Sequence[tuple[str, str]], begun: set[str]
    ) -> list[tuple[str, str, object]]:
        """What the ledger says of a dispute, for those who take part; ``begun`` are the cases that this batch opens."""
        found = moved(entry, self._contracts)
        if found is None:
            return []
        job, index, event = found
        stream, key = disputed.stream_of(job, index), _said_once(entry)
        known = stream in begun or runner.state(stream) is not None
        if isinstance(event, CaseOpened):
            answer = runner.state(answered.stream_of(job))
            party = runner.state(posted.stream_of(job)) is not None or (isinstance(answer, Answer) and answer.won)
            if not (known or party or (stream, key) in undone):
                return []
            begun.add(stream)
            return [(stream, key, event)]
        summoned = isinstance(event, Drawn) and self._account in event.panel
        if not (known or summoned or (stream, key) in undone):
            return []
        begun.add(stream)
        opening = [] if known else [(stream, f"{key}/opened", CaseOpened(job=job, index=index))]
        return [*opening, (stream, key, event)]


def _said_once(entry: Log) -> str:
    """A key for what a log says; not by its place in its block, for mined again after a fork it stands elsewhere."""
    said = sha256(b"".join((entry.address, *entry.topics, entry.payload))).hexdigest()[:16]
    return f"ledger/{entry.transaction.hex()}/{said}"


def _key(stream: str, effect: str, number: int, *, last: bool) -> str:
    return _SEPARATOR.join((stream, effect, str(number), "last" if last else "more"))
