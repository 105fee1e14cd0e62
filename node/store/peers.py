"""The address book on disk: who was introduced, and where they can be dialled."""

import sqlite3

from node.store.database import Database
from protocol.ids import PeerId


class StoredPeers:
    """The address book's place in the node's file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> dict[PeerId, tuple[str, ...]]:
        """What was kept last."""
        return await self._database.write(_load)

    async def keep(self, book: dict[PeerId, tuple[str, ...]]) -> None:
        """Keep ``book`` in place of what was kept."""

        def apply(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM peer")
            rows = ((peer, "\n".join(addresses)) for peer, addresses in book.items())
            connection.executemany("INSERT INTO peer (peer, addresses) VALUES (?, ?)", rows)

        await self._database.write(apply)


def _load(connection: sqlite3.Connection) -> dict[PeerId, tuple[str, ...]]:
    rows = connection.execute("SELECT peer, addresses FROM peer ORDER BY rowid")
    return {PeerId(peer): tuple(addresses.split("\n")) for peer, addresses in rows}
