"""Bulletins on disk, beside the event log and through the same writer: what is kept survives a power cut."""

import sqlite3
from collections.abc import Sequence

from federation.board import Mark, Slot
from federation.lasting import Change
from node.store.database import Database
from protocol.ids import PeerId
from protocol.signed import Signed
from protocol.units import UnixSeconds
from protocol.wire import decode, encode


class BulletinStore:
    """The board's place in the node's file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> tuple[Sequence[Signed], dict[Slot, Mark], int, UnixSeconds]:
        """Everything kept: bulletins, marks, our own last sequence, and the horizon."""
        return await self._database.write(_load)

    async def keep(self, change: Change) -> None:
        """Put ``change`` on disk, whole or not at all."""

        def apply(connection: sqlite3.Connection) -> None:
            added = ((signed.digest, encode(signed)) for signed in change.added)
            connection.executemany("INSERT OR IGNORE INTO bulletin (id, wire) VALUES (?, ?)", added)
            connection.executemany("DELETE FROM bulletin WHERE id = ?", ((one,) for one in change.removed))
            marks = ((*slot, mark.sequence, mark.until) for slot, mark in change.moved.items())
            connection.executemany("INSERT OR REPLACE INTO bulletin_mark VALUES (?, ?, ?, ?, ?)", marks)
            connection.execute("DELETE FROM bulletin_mark WHERE until <= ?", (change.horizon,))
            connection.execute("DELETE FROM bulletin_state")
            connection.execute("INSERT INTO bulletin_state VALUES (?, ?)", (change.sequence, change.horizon))

        await self._database.write(apply)


def _load(connection: sqlite3.Connection) -> tuple[Sequence[Signed], dict[Slot, Mark], int, UnixSeconds]:
    bulletins = tuple(
        decode(Signed, wire) for (wire,) in connection.execute("SELECT wire FROM bulletin ORDER BY rowid")
    )
    marks: dict[Slot, Mark] = {
        (PeerId(author), topic, subject): Mark(sequence=sequence, until=UnixSeconds(until))
        for author, topic, subject, sequence, until in connection.execute("SELECT * FROM bulletin_mark")
    }
    sequence, horizon = connection.execute("SELECT sequence, horizon FROM bulletin_state").fetchone() or (0, 0)
    return bulletins, marks, sequence, UnixSeconds(horizon)
