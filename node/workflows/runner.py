"""Runs workflows: folds events into states, stores what follows, and owes every effect until its event comes back.

A workflow is a pure ``transition(state, event) -> (state, effects)``. An event and its effects are stored in one
transaction; an effect is performed at least once and, after a restart, again, so performing must be idempotent. An
event's key makes it count once per stream. A state is never stored: it is the fold of its events.

What stood on the ledger may disappear from it. An event that is undone keeps its place in the log: the state is the
fold of the events before the first undone one, and those after it wait until it is posted again.
"""

import logging
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import trio

from node.errors import UnavailableError
from node.store.database import Database
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.workflows")

RETRY_FIRST = 0.3
"""Seconds before an effect is tried again the first time; doubles up to ``RETRY_MOST``."""

RETRY_MOST = 5.0

_WATCH = 1024
"""Events buffered for one watcher; a slower one loses its subscription and asks again."""


TAIL = 256
"""Latest entries of the log that are kept in memory, for those who follow it."""


class Effect(Protocol):
    """What a transition wants done; a frozen dataclass with a wire form."""

    @property
    def key(self) -> str:
        """Unique among the stream's effects of its type; the same key asks for the same thing."""


Event = Any
State = Any
Transition = Callable[[State | None, Event], tuple[State, tuple[Effect, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A name (the stream's prefix), its rule, and the types that its log may hold."""

    name: str
    transition: Transition
    events: tuple[type, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log."""

    id: int
    stream: str
    event: Event
    at: int
    """Wall time, Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What performing an effect led to: an event and the key under which it counts once."""

    key: str
    event: Event


Performer = Callable[[str, Any], Awaitable[Happened | None]]
"""Performs one effect of a stream: raises UnavailableError to be tried again, returns what happened, if anything."""

Hook = Callable[[sqlite3.Connection, str, Effect], None]
"""Runs in the transaction that stores an effect; the ledger's outbox takes its intents here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """How one type of effect is carried out: by a task, by a hook in the storing transaction, or both."""

    perform: Performer | None
    hook: Hook | None = None
    owed: Callable[[], None] | None = None
    """Told once the hook's transaction is stored, so that whoever carries it out need not look for it."""


class Runner:
    """The states of all streams, and the tasks that perform what they owe."""

    def __init__(self, database: Database, workflows: Sequence[Workflow], wall: Callable[[], int]) -> None:
        self._database = database
        self._workflows = {workflow.name: workflow for workflow in workflows}
        self._events = {kind.__name__: kind for workflow in workflows for kind in workflow.events}
        self._ports: dict[type, Port] = {}
        self._effects: dict[str, type] = {}
        self._wall = wall
        self._states: dict[str, State] = {}
        self._watchers: set[trio.MemorySendChannel[Entry]] = set()
        self._nursery: trio.Nursery | None = None
        self._lock = trio.Lock()  # posts are ordered: each folds onto the state that the one before left
        self._tail: deque[Entry] = deque(maxlen=TAIL)  # of the log, without a gap
        self._forked = False  # whether an event may be undone

    def bind(self, ports: Mapping[type, Port]) -> None:
        """Say how each type of effect is carried out; before ``running``, since ports look states up here."""
        self._ports |= ports
        self._effects |= {kind.__name__: kind for kind in ports}

    def state(self, stream: str) -> State | None:
        """The stream's state, or None when it does not exist."""
        return self._states.get(stream)

    def streams(self, workflow: str) -> tuple[str, ...]:
        """All streams of a workflow in order of their first event."""
        return tuple(stream for stream in self._states if stream.startswith(f"{workflow}/"))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Fold the log, take up every owed effect, and keep performing until the block ends."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            owed = await self._database.write(self._load)
            for stream, effect in owed:
                self._start(stream, effect)
            yield
            nursery.cancel_scope.cancel()

    async def post(
        self, stream: str, key: str, event: Event, *, within: Callable[[sqlite3.Connection], None] | None = None
    ) -> bool:
        """Append ``event`` and all that follows from it; False when ``key`` had been posted before.

        Args:
            within: further changes for the same transaction; made even when the event is a repeat.
        """
        return (await self.post_all([(stream, key, event)], within=within)) > 0

    async def post_all(
        self, events: Sequence[tuple[str, str, Event]], *, within: Callable[[sqlite3.Connection], None] | None = None
    ) -> int:
        """Append several events in one transaction; how many were new."""

        def change(connection: sqlite3.Connection) -> tuple[list[Entry], list[tuple[str, Effect]], dict[str, State]]:
            states: dict[str, State] = {}
            entries: list[Entry] = []
            effects: list[tuple[str, Effect]] = []
            for stream, key, event in events:
                self._append(connection, (stream, key, event), states, entries, effects)
            if within is not None:
                within(connection)
            return entries, effects, states

        async with self._lock:
            entries, effects, states = await self._database.write(change)
            self._states.update(states)
            self._tail += entries
        for entry in entries:
            self._tell(entry)
        for stream, effect in effects:
            self._start(stream, effect)
        return len(entries)

    async def undo(self, choose: Callable[[sqlite3.Connection], Sequence[tuple[str, str]]]) -> int:
        """Undo the events (stream and key) that ``choose`` names, in one transaction with what it changes; how many.

        Their effects stay owed and stay done: performing is idempotent, and the events are expected back.
        """

        def change(connection: sqlite3.Connection) -> tuple[int, dict[str, State]]:
            chosen = choose(connection)
            connection.executemany("UPDATE event SET undone = 1 WHERE stream = ? AND key = ?", chosen)
            return len(chosen), {stream: self._fold(connection, stream)[0] for stream in {one for one, _ in chosen}}

        async with self._lock:
            self._forked = True
            count, states = await self._database.write(change)
            self._states.update(states)
        return count

    async def undone(self) -> tuple[tuple[str, str], ...]:
        """Stream and key of every event that is undone."""
        if not self._forked:
            return ()
        query = "SELECT stream, key FROM event WHERE undone = 1 ORDER BY id"
        return tuple(await self._database.write(lambda connection: connection.execute(query).fetchall()))

    async def history(self, stream: str, *, after: int = 0) -> tuple[Entry, ...]:
        """The stream's log from entry id ``after`` on."""
        query = "SELECT id, stream, kind, payload, at FROM event WHERE stream = ? AND id > ? ORDER BY id"
        rows = await self._database.write(lambda c: c.execute(query, (stream, after)).fetchall())
        return tuple(self._entry(*row) for row in rows)

    async def journal(self, *workflows: str, after: int = 0) -> tuple[Entry, ...]:
        """The log of all streams of some workflows from entry id ``after`` on; ``state`` knows every entry of it."""
        streams = " OR ".join(["stream LIKE ?"] * len(workflows))
        query = f"SELECT id, stream, kind, payload, at FROM event WHERE id > ? AND ({streams}) ORDER BY id"  # noqa: S608  # only marks
        wanted = (after, *(f"{workflow}/%" for workflow in workflows))
        async with self._lock:  # an event is on disk a moment before its state is known
            if self._tail and self._tail[0].id <= after + 1:
                return tuple(e for e in self._tail if e.id > after and _workflow(e.stream) in workflows)
            rows = await self._database.write(lambda c: c.execute(query, wanted).fetchall())
        return tuple(self._entry(*row) for row in rows)

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[trio.MemoryReceiveChannel[Entry]]:
        """New log entries of all streams, from now on."""
        send, receive = trio.open_memory_channel[Entry](_WATCH)
        self._watchers.add(send)
        try:
            yield receive
        finally:
            self._watchers.discard(send)
            send.close()

    def _entry(self, number: int, stream: str, kind: str, payload: bytes, at: int) -> Entry:
        return Entry(id=number, stream=stream, event=decode(self._events[kind], payload), at=at)

    def _append(
        self,
        connection: sqlite3.Connection,
        posted: tuple[str, str, Event],
        states: dict[str, State],
        entries: list[Entry],
        effects: list[tuple[str, Effect]],
    ) -> None:
        stream, key, event = posted
        at = self._wall()
        cursor = connection.execute(
            "INSERT OR IGNORE INTO event (stream, key, kind, payload, at) VALUES (?, ?, ?, ?, ?)",
            (stream, key, type(event).__name__, encode(event), at),
        )
        if cursor.rowcount == 0:
            again = "UPDATE event SET undone = 0 WHERE stream = ? AND key = ? AND undone = 1"
            if connection.execute(again, (stream, key)).rowcount:
                states[stream], asked = self._fold(connection, stream)
                self._owe(connection, stream, asked, effects)
            return
        entries.append(Entry(id=cursor.lastrowid or 0, stream=stream, event=event, at=at))
        if connection.execute("SELECT 1 FROM event WHERE stream = ? AND undone = 1", (stream,)).fetchone():
            return
        state = states.get(stream, self._states.get(stream))
        states[stream], asked = self._transition(stream)(state, event)
        self._owe(connection, stream, asked, effects)

    def _fold(self, connection: sqlite3.Connection, stream: str) -> tuple[State, tuple[Effect, ...]]:
        """The stream's state up to the first undone event, and every effect that was asked for on the way."""
        state: State | None = None
        effects: list[Effect] = []
        query = "SELECT kind, payload, undone FROM event WHERE stream = ? ORDER BY id"
        for kind, payload, undone in connection.execute(query, (stream,)):
            if undone:
                break
            state, asked = self._transition(stream)(state, decode(self._events[kind], payload))
            effects += asked
        return state, tuple(effects)

    def _owe(
        self,
        connection: sqlite3.Connection,
        stream: str,
        asked: Sequence[Effect],
        effects: list[tuple[str, Effect]],
    ) -> None:
        """Store the effects that are not stored yet, and add them to ``effects``."""
        for effect in asked:
            added = connection.execute(
                "INSERT OR IGNORE INTO effect (stream, key, kind, payload) VALUES (?, ?, ?, ?)",
                (stream, effect.key, type(effect).__name__, encode(effect)),
            )
            if added.rowcount:
                hook = self._ports[type(effect)].hook
                if hook is not None:
                    hook(connection, stream, effect)
                effects.append((stream, effect))

    def _load(self, connection: sqlite3.Connection) -> list[tuple[str, Effect]]:
        waiting: set[str] = set()
        query = "SELECT stream, kind, payload, undone FROM event ORDER BY id"
        for stream, kind, payload, undone in connection.execute(query):
            if undone:
                waiting.add(stream)
            if stream not in waiting:
                event: Event = decode(self._events[kind], payload)
                self._states[stream], _ = self._transition(stream)(self._states.get(stream), event)
        self._forked = bool(waiting)
        rows = connection.execute("SELECT stream, kind, payload FROM effect WHERE done = 0 ORDER BY id").fetchall()
        return [(stream, decode(self._effects[kind], payload)) for stream, kind, payload in rows]

    def _transition(self, stream: str) -> Transition:
        return self._workflows[_workflow(stream)].transition

    def _tell(self, entry: Entry) -> None:
        for watcher in tuple(self._watchers):
            try:
                watcher.send_nowait(entry)
            except trio.WouldBlock:
                self._watchers.discard(watcher)
                watcher.close()

    def _start(self, stream: str, effect: Effect) -> None:
        if (owed := self._ports[type(effect)].owed) is not None:
            owed()
        if self._nursery is not None and self._ports[type(effect)].perform is not None:
            self._nursery.start_soon(self._perform, stream, effect)

    async def _perform(self, stream: str, effect: Effect) -> None:
        perform = self._ports[type(effect)].perform
        assert perform is not None  # noqa: S101  # effects without a task are not started
        pause = RETRY_FIRST
        while True:
            try:
                await self._settle(stream, effect, await perform(stream, effect))
            except UnavailableError as error:
                log.info("%s %s: %s; trying again in %.1f s", stream, effect.key, error, pause)
                await trio.sleep(pause)
                pause = min(RETRY_MOST, pause * 2)
            else:
                return

    async def _settle(self, stream: str, effect: Effect, happened: Happened | None) -> None:
        """Note that an effect is done, together with what came of it."""

        def mark(connection: sqlite3.Connection) -> None:
            mark_done(connection, stream, type(effect), effect.key)

        if happened is None:
            await self._database.write(mark)
        else:
            await self.post(stream, happened.key, happened.event, within=mark)


def _workflow(stream: str) -> str:
    return stream.split("/", 1)[0]


def mark_done(connection: sqlite3.Connection, stream: str, kind: type, key: str) -> None:
    """Note that an effect is no longer owed; call it inside the transaction that stores what came of it."""
    done = "UPDATE effect SET done = 1 WHERE stream = ? AND kind = ? AND key = ?"
    connection.execute(done, (stream, kind.__name__, key))
