"""What stands against whom, on disk: who was barred when the node ended is barred when it is back."""

import sqlite3
from collections.abc import Iterable

from federation.standing import Entry
from node.store.database import Database


class StoredStrikes:
    """The strike book's place in the node's file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Iterable[Entry]:
        """What was kept last."""
        return await self._database.write(_load)

    async def keep(self, entries: Iterable[Entry]) -> None:
        """Keep ``entries`` in place of what was kept."""

        def apply(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM strike")
            rows = ((entry.identity, entry.points, entry.since, entry.barred) for entry in entries)
            connection.executemany("INSERT INTO strike VALUES (?, ?, ?, ?)", rows)

        await self._database.write(apply)


def _load(connection: sqlite3.Connection) -> tuple[Entry, ...]:
    rows = connection.execute("SELECT identity, points, since, barred FROM strike ORDER BY rowid")
    return tuple(
        Entry(identity=bytes(identity), points=points, since=since, barred=bool(barred))
        for identity, points, since, barred in rows
    )
