"""A simulated controller with a journal of its own, as a real one has a memory: killing the node stops no machine."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

import trio

from node.clock import Clock
from node.machines.errors import MachineBusyError, ProgramConflictError, UnknownProgramError
from node.machines.gateway import Execution, Item, Observation, Program, Status
from node.machines.trace import Controller, Entry, end, trace
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

_WHOLE = 1_000_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS program (
    key     TEXT PRIMARY KEY,
    entry   BLOB NOT NULL
) STRICT;
"""


class SimulatedGateway:
    """One simulated machine; see ``open_simulated``. What it does between commands follows from its journal alone."""

    def __init__(self, controller: Controller, journal: sqlite3.Connection, clock: Clock) -> None:
        self._controller = controller
        self._journal = journal
        self._clock = clock
        self._changed = trio.Event()
        self._traces: dict[str, tuple[Observation, ...]] = {}
        """Of the programmes asked for since their last change; they follow from ``_entries``."""
        self._entries = {key: decode(Entry, entry) for key, entry in journal.execute("SELECT key, entry FROM program")}

    async def load(self, program: Program) -> None:
        """See ``Gateway.load``."""
        await trio.lowlevel.checkpoint()
        known = self._entries.get(program.key)
        if known is None:
            self._note(Entry(program=program, loaded=self._clock.now()))
        elif known.program != program:
            raise ProgramConflictError(program.key)

    async def start(self, key: str) -> None:
        """See ``Gateway.start``."""
        await trio.lowlevel.checkpoint()
        entry = self._entry(key)
        if entry.started is not None or entry.stopped is not None:
            return
        now = self._clock.now()
        for other in self._entries.values():
            if self._running(other, now):
                raise MachineBusyError(other.program.key)
        self._note(replace(entry, started=now))

    async def abort(self, key: str) -> None:
        """See ``Gateway.abort``."""
        await trio.lowlevel.checkpoint()
        entry = self._entry(key)
        now = self._clock.now()
        if entry.stopped is None and (entry.started is None or self._running(entry, now)):
            self._note(replace(entry, stopped=now))

    def observe(self, key: str, *, after: int = 0) -> AsyncIterator[Observation]:
        """See ``Gateway.observe``."""
        return _Story(self, key, after)

    async def next_of(self, key: str, after: int) -> Observation | None:
        """The observation that follows number ``after``, once it is made; None when the programme has ended."""
        while True:
            changed = self._changed
            said = self._trace(key)
            if after < len(said):
                if await self._reached(said[after].at, changed):
                    return said[after]
            elif Execution(said[-1].value).ended:
                self._traces.pop(key, None)
                await trio.lowlevel.checkpoint()
                return None
            else:
                await changed.wait()

    async def status(self, key: str) -> Status:
        """See ``Gateway.status``."""
        await trio.lowlevel.checkpoint()
        entry = self._entry(key)
        now = self._clock.now()
        states = [o.value for o in self._trace(key) if o.item == Item.EXECUTION and o.at <= now]
        return Status(execution=Execution(states[-1]), progress=self._progress(entry, now))

    def _trace(self, key: str) -> tuple[Observation, ...]:
        if key not in self._traces:
            self._traces[key] = trace(self._controller, self._entry(key))
        return self._traces[key]

    def _progress(self, entry: Entry, now: UnixSeconds) -> int:
        if entry.started is None:
            return 0
        until = now if entry.stopped is None else entry.stopped
        whole = end(self._controller, entry.program, entry.started) - entry.started
        return min(_WHOLE, (until - entry.started) * _WHOLE // whole)

    def _running(self, entry: Entry, now: UnixSeconds) -> bool:
        if entry.started is None or entry.stopped is not None:
            return False
        return now < end(self._controller, entry.program, entry.started)

    def _entry(self, key: str) -> Entry:
        if key not in self._entries:
            raise UnknownProgramError(key)
        return self._entries[key]

    def _note(self, entry: Entry) -> None:
        """Write to disk, then tell the observers.

        One row, in this thread: a controller acts at once, and under a virtual clock time must not pass meanwhile.
        """
        key = entry.program.key
        with self._journal:
            self._journal.execute("REPLACE INTO program (key, entry) VALUES (?, ?)", (key, encode(entry)))
        self._entries[key] = entry
        self._traces.pop(key, None)
        self._changed.set()
        self._changed = trio.Event()

    async def _reached(self, at: UnixSeconds, changed: trio.Event) -> bool:
        """Wait for plant time ``at``; False when the journal has changed, for then other things happen at ``at``."""
        await trio.lowlevel.checkpoint()
        if self._clock.now() < at:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cancel_on, changed, nursery.cancel_scope)
                await self._clock.sleep_until(at)
                nursery.cancel_scope.cancel()
        return not changed.is_set()


class _Story:
    """One programme's observations in order; unlike a generator it may be dropped half-read."""

    def __init__(self, gateway: SimulatedGateway, key: str, after: int) -> None:
        self._gateway = gateway
        self._key = key
        self._after = after

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Observation:
        observation = await self._gateway.next_of(self._key, self._after)
        if observation is None:
            raise StopAsyncIteration
        self._after = observation.sequence
        return observation


@asynccontextmanager
async def open_simulated(controller: Controller, journal: Path, clock: Clock) -> AsyncIterator[SimulatedGateway]:
    """The machine whose journal is the file ``journal``; what it was doing when last seen has gone on since."""
    connection = sqlite3.connect(journal)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_SCHEMA)
        yield SimulatedGateway(controller, connection, clock)
    finally:
        connection.close()


async def _cancel_on(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
