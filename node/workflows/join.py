"""How a node becomes part of the federation: registers on the ledger once, and shows its card again and again."""

import logging
import sqlite3
from collections.abc import Sequence

import trio

from federation.errors import FederationError
from federation.network import Network
from ledger.members import ROLES
from ledger.outbox import Outbox
from node.config import NodeConfig
from node.errors import UnavailableError
from node.identity import Identity
from node.store.database import Database
from node.workflows.exchange import Exchange
from node.workflows.ledger_reads import LedgerReads
from protocol.capability import Capability, Card
from protocol.job import Site
from protocol.topics import CARD
from protocol.units import Metres, UnixSeconds
from protocol.wire import encode

log = logging.getLogger("guildmark.join")

CARD_SECONDS = 120
"""Validity of a card; a node that vanishes leaves every directory within this time."""

CARD_EVERY = 3.0
"""Seconds between cards, so that a newcomer knows everybody within seconds."""

RETRY = 2.0


async def register(config: NodeConfig, identity: Identity, reads: LedgerReads, database: Database) -> None:
    """Register keys and roles on the ledger unless they stand there already; waits for the ledger."""
    roles = sum(ROLES[role] for role in config.roles)
    while True:
        try:
            member = await reads.member(identity.account)
            break
        except UnavailableError as error:
            log.info("cannot register yet: %s", error)
            await trio.sleep(RETRY)
    if member is not None and (member.peer, member.encryption_key, member.roles) == (
        identity.peer,
        identity.encryption_key,
        roles,
    ):
        return
    epoch = 0 if member is None else member.epoch
    transaction = reads.contracts.members.register(
        roles=roles, peer=identity.peer, encryption_key=identity.encryption_key
    )

    def enqueue(connection: sqlite3.Connection) -> None:
        Outbox(connection).enqueue(f"join|register|{epoch}|last", transaction)

    await database.write(enqueue)


async def announce_card(
    config: NodeConfig,
    identity: Identity,
    exchange: Exchange,
    network: Network,
    capabilities: Sequence[Capability],
) -> None:
    """Publish a fresh card every few seconds until cancelled."""
    while True:
        now = exchange.wall()
        easting, northing = config.site_km
        card = Card(
            provider=identity.peer,
            account=identity.account,
            name=config.name,
            encryption_key=identity.encryption_key,
            addresses=network.addresses,
            site=Site(easting=Metres(round(easting * 1000)), northing=Metres(round(northing * 1000))),
            capabilities=tuple(capabilities),
            issued=now,
            expires=UnixSeconds(now + CARD_SECONDS),
        )
        exchange.directory.learn(card)
        try:
            await exchange.say(CARD, encode(card))
        except FederationError as error:
            log.info("could not publish the card: %s", error)
        await trio.sleep(CARD_EVERY)
