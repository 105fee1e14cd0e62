"""How a node becomes part of the federation: registers on the ledger once, and shows its card again and again."""

import logging
import sqlite3
from collections.abc import Callable, Sequence

import trio

from federation.errors import FederationError
from federation.lasting import LastingNetwork
from ledger.outbox import Outbox
from ledger.types import Transaction
from node.clock import Clock
from node.config import NodeConfig
from node.errors import UnavailableError
from node.identity import Identity
from node.store.database import Database
from node.workflows.exchange import Exchange
from node.workflows.ledger_reads import LedgerReads
from node.workflows.logbook import Logbook
from node.workflows.shop import Shop
from protocol.capability import Capability, Card
from protocol.capacity import Capacity, free_quarters
from protocol.ids import MachineId
from protocol.job import Site
from protocol.membership import BONDED_ROLES, ROLES
from protocol.params import DAY
from protocol.topics import CAPACITY, CARD, LOG_HEAD
from protocol.units import NOTHING, Cents, Metres, Seconds, UnixSeconds
from protocol.wire import encode
from protocol.witness import LogHead

log = logging.getLogger("guildmark.join")

CARD_SECONDS = Seconds(120)
"""Validity of a card; a node that vanishes leaves every directory within this time."""

CARD_EVERY = 40.0
"""Seconds between cards, so that two may be lost; a newcomer finds the standing ones on any board."""

BINDING_SECONDS = 365 * 24 * 3600
"""For how long keys are registered; a node that is started within the last month registers them again."""

RENEW_BEFORE = 30 * 24 * 3600

_KEY = "join|register|"

CAPACITY_SECONDS = 86_400
"""Validity of what is said of a machine's free time; it is said anew when it changes, at the latest every plant day."""

CAPACITY_EVERY = 10.0
"""Seconds between looks whether it has changed."""

HEAD_SECONDS = 3600
"""For how long boards keep the head of a log that its node no longer shows."""

HEAD_EVERY = 30.0
"""Seconds between looks at our log; the same head said again only lasts longer."""

RETRY = 2.0


async def register(
    config: NodeConfig, identity: Identity, reads: LedgerReads, database: Database, hurry: Callable[[], None]
) -> None:
    """Register keys and roles on the ledger, with the bond they need, unless they stand there; waits for the ledger."""
    while True:
        try:
            transactions = await _entry(config, identity, reads)
            break
        except UnavailableError as error:
            log.info("cannot register yet: %s", error)
            await trio.sleep(RETRY)

    def enqueue(connection: sqlite3.Connection) -> None:
        outbox = Outbox(connection)
        if any(key.startswith(_KEY) for key in outbox.pending()):
            return  # from before a restart, and still on its way
        for number, transaction in enumerate(transactions, start=1):
            outbox.enqueue(f"{_KEY}{reads.wall()}.{number}|last", transaction)

    await database.write(enqueue)
    hurry()


async def _entry(config: NodeConfig, identity: Identity, reads: LedgerReads) -> tuple[Transaction, ...]:
    """What the ledger has to be told before it knows us as we are."""
    contracts, roles = reads.contracts, sum(ROLES[role] for role in config.roles)
    member = await reads.member(identity.account)
    stake = await reads.stake(identity.account)
    required = await reads.minimum_bond() if roles & BONDED_ROLES else NOTHING
    transactions: list[Transaction] = []
    if stake.bond < required:
        missing = Cents(required - stake.bond)
        transactions += [contracts.token.approve(contracts.members.address, missing), contracts.members.bond(missing)]
    now = reads.wall()
    wanted = (identity.peer, identity.encryption_key, roles)
    stands = member is not None and (member.peer, member.encryption_key, member.roles) == wanted
    if member is None or not stands or member.expiry < now + RENEW_BEFORE:
        expiry = UnixSeconds(now + BINDING_SECONDS)
        transactions.append(
            contracts.members.register(
                roles=roles, peer=identity.peer, encryption_key=identity.encryption_key, expiry=expiry
            )
        )
    return tuple(transactions)


async def announce_head(exchange: Exchange, logbook: Logbook) -> None:
    """Show everybody the newest head of our log, until cancelled; two nodes that were shown two find out."""
    while True:
        note = await logbook.note()
        if note is not None:
            try:
                await exchange.say(LOG_HEAD, encode(LogHead(note=note)), UnixSeconds(exchange.wall() + HEAD_SECONDS))
            except FederationError as error:
                log.info("could not publish the log's head: %s", error)
        await trio.sleep(HEAD_EVERY)


def card_of(
    config: NodeConfig, identity: Identity, network: LastingNetwork, capabilities: Sequence[Capability], valid: Seconds
) -> Card:
    """Our card as it is now."""
    easting, northing = config.site_km
    now = network.wall()
    return Card(
        provider=identity.peer,
        account=identity.account,
        name=config.name,
        encryption_key=identity.encryption_key,
        addresses=network.addresses,
        site=Site(easting=Metres(round(easting * 1000)), northing=Metres(round(northing * 1000))),
        capabilities=tuple(capabilities),
        issued=now,
        expires=UnixSeconds(now + valid),
    )


async def announce_card(exchange: Exchange, card: Callable[[Seconds], Card]) -> None:
    """Publish a fresh card well before the last one expires, until cancelled."""
    while True:
        fresh = card(CARD_SECONDS)
        exchange.directory.learn(fresh)
        try:
            await exchange.say(CARD, encode(fresh), fresh.expires)
        except FederationError as error:
            log.info("could not publish the card: %s", error)
        await trio.sleep(CARD_EVERY)


async def announce_capacities(identity: Identity, exchange: Exchange, shop: Shop, clock: Clock) -> None:
    """Tell roughly how much of each machine's time is free, whenever that has changed, until cancelled."""
    told: dict[MachineId, Capacity] = {}
    while True:
        now = clock.now()
        schedule = await shop.schedule()
        for machine in schedule.machines:
            since = UnixSeconds(now - now % DAY)
            busy = [(int(task.start), int(task.finish)) for task in schedule.on(machine.name)]
            free = free_quarters([*busy, (since, now)], since=since)
            capacity = Capacity(provider=identity.peer, machine=machine.name, since=since, free=free)
            if told.get(machine.name) != capacity:
                told[machine.name] = capacity
                exchange.directory.learn_capacity(capacity)
                until = UnixSeconds(exchange.wall() + CAPACITY_SECONDS)
                await exchange.say(CAPACITY, encode(capacity), until)
        await trio.sleep(CAPACITY_EVERY)
