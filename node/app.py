"""The composition root: the one module that knows all the parts of a node, and does nothing but join them."""

import logging
import random
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from federation.lasting import open_lasting
from federation.lookup import Lookup
from federation.network.libp2p import Libp2pConfig, open_libp2p
from federation.network.libp2p_relay import Quota
from federation.network.mdns import Lan
from federation.standing import Standing, Strike, open_standing
from ledger.chain import Chain
from ledger.contracts import Contracts, contracts_at
from ledger.deployment import Deployment
from ledger.errors import LedgerError, WrongChainError
from node.access.guests import partners_of
from node.clock import PlantClock
from node.config import Home, NodeConfig
from node.connections import Connections, Reach
from node.design.intake import open_intake
from node.errors import ConfigError
from node.health import Health
from node.identity import Identity
from node.machines.keys import machine_signers
from node.members import Members
from node.participant import Participant
from node.planner import solver
from node.rotation import vault_of
from node.store.bulletins import BulletinStore
from node.store.database import Database, open_database
from node.store.peers import StoredPeers
from node.store.strikes import StoredStrikes
from node.workflows import answer_job, plan, post_job, settle_dispute, watch_auction
from node.workflows.audit_part import Auditor
from node.workflows.court import Court
from node.workflows.custody import Custody
from node.workflows.deliveries import Deliveries
from node.workflows.desk import Desk
from node.workflows.exchange import Exchange
from node.workflows.issuing import Issuer
from node.workflows.join import announce_capacities, announce_card, announce_head, card_of, register
from node.workflows.ledger_reads import LedgerReads
from node.workflows.logbook import Logbook
from node.workflows.look_further import Search
from node.workflows.parcels import Parcels
from node.workflows.ports import bind
from node.workflows.posted import Post
from node.workflows.record_exchange import RecordExchange
from node.workflows.runner import Runner
from node.workflows.settlement import Settlement
from node.workflows.shop import open_shop, site_of
from node.workflows.substitutes import Substitutes
from node.workflows.tenders import Tenders
from node.workflows.vote import Assembly
from node.workflows.witness import Witness
from protocol.ids import PeerId
from protocol.membership import PROVIDER
from protocol.signed import signer_of
from protocol.units import UnixSeconds

log = logging.getLogger("guildmark")

LEDGER_TIMEOUT = 10.0
"""Seconds for one call to the ledger; an abandoned thread goes on waiting at most this long."""

PRIVATE_KEY_BYTES = 32
"""Of a private network's key."""


@asynccontextmanager
async def open_participant(home: Home, config: NodeConfig, identity: Identity) -> AsyncIterator[Participant]:
    """The node with everything in it running, until the block is left."""
    chain, contracts = _ledger(config)
    clock = _clock(config)
    reads = LedgerReads(chain, contracts, wall=_wall, random=secrets.token_bytes)
    members = Members(reads.registered)
    vault = vault_of(identity, home.vault)

    def known(peer: PeerId) -> bool:
        return peer == identity.peer or members.member(peer)

    async with (
        open_database(home.database) as database,
        open_standing(time.time, members.account_of, StoredStrikes(database)) as standing,
        open_libp2p(_network_settings(config, identity, standing, database)) as wire,
        trio.open_nursery() as nursery,
        open_lasting(
            wire,
            seed=identity.signing,
            wall=_wall,
            dice=random.SystemRandom(),
            member=known,
            convicted=lambda peer: standing.strike(peer, Strike.EQUIVOCATED),
            keeper=BulletinStore(database),
        ) as network,
        AsyncExitStack() as stack,
    ):
        nursery.start_soon(members.run)
        settlement = Settlement(
            database=database,
            chain=chain,
            contracts=contracts,
            signing_key=identity.ledger,
            confirmations=config.ledger.confirmations,
            registered=members.registered,
            members_changed=reads.members_changed,
        )
        runner = Runner(
            database,
            (
                post_job.workflow(contracts),
                answer_job.workflow(contracts, identity.account),
                watch_auction.workflow(contracts),
                settle_dispute.workflow(contracts, identity.account),
                plan.WORKFLOW,
            ),
            _wall,
        )
        provider = signer_of(identity.signing)
        witness = Witness(
            network=network,
            database=database,
            signer=provider,
            registered=partial(reads.account_of, role=PROVIDER),
            wall=reads.wall,
        )
        logbook = Logbook(
            provider=provider,
            machines=machine_signers(home.machines, (row.name for row in config.shop.machines), secrets.token_bytes),
            database=database,
            runner=runner,
            random=secrets.token_bytes,
            witness=witness,
            clock=clock,
        )
        await logbook.open()
        parcels = Parcels(network)
        intake = await stack.enter_async_context(open_intake())
        issuer = Issuer(vault=vault, intake=intake, secret=identity.vault)
        deliveries = Deliveries(
            network=network,
            runner=runner,
            identity=identity,
            vault=vault,
            reads=reads,
            parcels=parcels,
            issuer=issuer,
            shop=config.shop,
        )
        records = RecordExchange(network=network, runner=runner, reads=reads, logbook=logbook, witness=witness)
        exchange = Exchange(network=network, runner=runner, identity=identity, reads=reads, witness=witness)
        shop = await stack.enter_async_context(
            open_shop(
                config.shop,
                site_of(*config.site_km),
                home,
                identity=identity,
                vault=vault,
                clock=clock,
                reads=reads,
                runner=runner,
                logbook=logbook,
                epoch=UnixSeconds(config.plant.epoch_plant),
            )
        )
        court = Court(reads=reads, identity=identity, runner=runner)
        substitutes = Substitutes(network=network, runner=runner, identity=identity, shop=shop)
        bind(runner, exchange, deliveries, records, logbook, shop, settlement)
        partners = partners_of(config.partners)
        desk = Desk(
            runner=runner,
            vault=vault,
            identity=identity,
            reads=reads,
            clock=clock,
            auction=config.auction,
            directory=exchange.directory,
            partners=partners,
            intake=intake,
        )
        custody = Custody(
            network=network,
            post_of=partial(_post, runner),
            identity=identity,
            vault=vault,
            reads=reads,
            directory=exchange.directory,
            partners=partners,
            parcels=parcels,
            taken=deliveries.note_taken,
        )
        tenders = Tenders(
            network=network,
            runner=runner,
            identity=identity,
            reads=reads,
            clock=clock,
            auction=config.auction,
            directory=exchange.directory,
            owner=shop.owner,
        )
        runner.bind({**tenders.ports, **court.ports, **substitutes.ports, **desk.ports, **custody.ports})
        lookup = Lookup(network, seed=identity.signing, wall=_wall, member=known, dice=random.SystemRandom())
        search = Search(lookup, network, exchange.directory)
        auditor = Auditor(
            runner=runner,
            network=network,
            reads=reads,
            identity=identity,
            parcels=parcels,
            folder=home.parcels,
            partners=partners,
        )
        assembly = Assembly(reads=reads, settlement=settlement, identity=identity, runner=runner)
        async with runner.running():
            await exchange.listen(nursery, provider="provider" in config.roles)
            auditor.serve()
            custody.serve()
            records.serve()
            substitutes.serve()
            tenders.serve()
            deliveries.serve(nursery)
            parcels.serve()
            await witness.serve()
            nursery.start_soon(_settle, settlement, runner, config)
            nursery.start_soon(register, config, identity, reads, database, settlement.hurry)
            nursery.start_soon(announce_head, exchange, logbook)
            card = partial(card_of, config, identity, network, shop.capabilities)
            nursery.start_soon(announce_card, exchange, card)
            nursery.start_soon(lookup.run)
            nursery.start_soon(search.for_our_calls)
            if "provider" in config.roles:
                nursery.start_soon(search.announce, card)
                nursery.start_soon(trio.to_thread.run_sync, solver.warm_up)
            nursery.start_soon(announce_capacities, identity, exchange, shop, clock)
            yield Participant(
                config=config,
                identity=identity,
                runner=runner,
                network=network,
                directory=exchange.directory,
                reads=reads,
                settlement=settlement,
                desk=desk,
                tenders=tenders,
                shop=shop,
                auditor=auditor,
                health=Health(
                    identity=identity,
                    network=network,
                    reads=reads,
                    settlement=settlement,
                    runner=runner,
                    witness=witness,
                    parcels=parcels,
                ),
                vault=vault,
                custody=custody,
                assembly=assembly,
                court=court,
                parcels=parcels,
                connections=Connections(
                    links=wire,
                    network=network,
                    directory=exchange.directory,
                    search=search,
                    reach=Reach(
                        bootstrap=config.network.bootstrap,
                        lan=bool(config.network.mdns),
                        private=bool(config.network.private_key_file),
                    ),
                ),
                clock=clock,
            )
            nursery.cancel_scope.cancel()


def _network_settings(config: NodeConfig, identity: Identity, standing: Standing, database: Database) -> Libp2pConfig:
    """What the network is told; the private network's key is read here and nowhere kept."""
    private = None
    if config.network.private_key_file:
        try:
            private = bytes.fromhex(Path(config.network.private_key_file).read_text().strip())
        except (OSError, ValueError) as error:
            raise ConfigError("network.private_key_file", f"cannot be used: {error}") from error
        if len(private) != PRIVATE_KEY_BYTES:
            raise ConfigError("network.private_key_file", f"holds {len(private)} bytes, not {PRIVATE_KEY_BYTES}")
    return Libp2pConfig(
        seed=identity.signing,
        standing=standing,
        book=StoredPeers(database),
        private=private,
        listen=config.network.listen,
        bootstrap=config.network.bootstrap,
        relays=config.network.relays,
        punching=config.network.hole_punching,
        relaying=Quota() if config.network.relay else None,
        lans=tuple(Lan(interface=interface, private=private) for interface in config.network.mdns),
    )


def _post(runner: Runner, stream: str) -> Post:
    state = runner.state(stream)
    assert isinstance(state, Post)  # noqa: S101  # only posts entrust keys
    return state


def _ledger(config: NodeConfig) -> tuple[Chain, Contracts]:
    """The client and the contracts; only a wrong chain stops the start, an unreachable one is waited for."""
    try:
        deployment = Deployment.from_json(config.ledger.deployment.read_text())
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError("ledger.deployment", f"cannot be used: {error}") from error
    chain = Chain(config.ledger.url, deployment.chain_id, timeout=LEDGER_TIMEOUT)
    try:
        chain.verify()
    except WrongChainError as error:
        raise ConfigError("ledger.url", str(error)) from error
    except LedgerError as error:
        log.warning("the ledger does not answer yet: %s", error)
    return chain, contracts_at(deployment)


def _clock(config: NodeConfig) -> PlantClock:
    plant = config.plant
    return PlantClock(epoch_wall=plant.epoch_wall, epoch_plant=plant.epoch_plant, factor=plant.factor, wall=time.time)


def _wall() -> UnixSeconds:
    return UnixSeconds(int(time.time()))


async def _settle(settlement: Settlement, runner: Runner, config: NodeConfig) -> None:
    await settlement.run(runner, every=config.ledger.poll_seconds, wall=_wall)
