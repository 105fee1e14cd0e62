"""Finding others again: the address book, chosen neighbours, private networks, and connectivity in words."""

import random
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from federation.directory import Directory
from federation.errors import DeadlineError, UnreachableError
from federation.lasting import LastingNetwork, open_lasting
from federation.lookup import Lookup
from federation.network.libp2p import Libp2pConfig, Libp2pNetwork, dial_address, open_libp2p
from federation.network.libp2p_relay import Quota
from federation.standing import Standing, Strike, everybody, open_standing
from node.connections import Connections, Reach
from node.errors import RequestError, UnavailableError, UnknownError
from node.store.bulletins import BulletinStore
from node.store.database import connect, open_database
from node.store.peers import StoredPeers
from node.store.strikes import StoredStrikes
from node.workflows.look_further import Search
from protocol.ids import PeerId
from protocol.params import MILLING
from protocol.signed import public_key
from protocol.topics import CARD, COMMITMENT
from protocol.units import UnixSeconds
from tests.network.worlds import free_port, seed_of, until
from tests.unit.federation.test_board import card
from tests.unit.protocol.examples import START
from tests.unit.protocol.test_bulletin import commitment

pytestmark = pytest.mark.slow
ANNA, BERT, CARL = map(seed_of, ("anna", "bert", "carl"))
KEY = b"k" * 32


def wall() -> UnixSeconds:
    return UnixSeconds(START)


async def test_after_a_restart_the_book_is_dialled_without_a_bootstrap_peer(tmp_path: Path) -> None:
    port = free_port()
    listen = f"/ip4/127.0.0.1/tcp/{port}"
    async with open_database(tmp_path / "node.sqlite") as database:
        book = StoredPeers(database)
        async with open_libp2p(Libp2pConfig(seed=ANNA, listen=listen)):
            async with open_libp2p(Libp2pConfig(seed=BERT, book=book)) as bert:
                await bert.introduce(public_key(ANNA), (dial_address(public_key(ANNA), "127.0.0.1", port),))
                await until(lambda: bert.peers() == (public_key(ANNA),))
                with trio.fail_after(15):
                    while not await book.load():
                        await trio.sleep(0.1)
            async with open_libp2p(Libp2pConfig(seed=BERT, book=book)) as bert:
                await until(lambda: bert.peers() == (public_key(ANNA),))


async def test_who_was_barred_is_not_let_in_again_because_we_restarted(tmp_path: Path) -> None:
    async with (
        open_database(tmp_path / "node.sqlite") as database,
        open_standing(time.time, everybody, StoredStrikes(database)) as standing,
    ):
        standing.strike(public_key(BERT), Strike.EQUIVOCATED)
        with trio.fail_after(15):
            while not await StoredStrikes(database).load():
                await trio.sleep(0.1)
    async with (
        open_database(tmp_path / "node.sqlite") as database,
        open_standing(time.time, everybody, StoredStrikes(database)) as standing,
        open_libp2p(Libp2pConfig(seed=ANNA, standing=standing)) as anna,
        open_libp2p(Libp2pConfig(seed=CARL, bootstrap=anna.addresses)),
        open_libp2p(Libp2pConfig(seed=BERT, bootstrap=anna.addresses)) as bert,
    ):
        await until(lambda: anna.peers() == (public_key(CARL),))
        assert anna.standing.barred(bert.peer)
        with pytest.raises((UnreachableError, DeadlineError)):
            await bert.request(anna.peer, "/test/any/1", b"", deadline=2)


async def test_a_private_networks_key_lets_in_and_its_lack_keeps_out() -> None:
    async with open_libp2p(Libp2pConfig(seed=ANNA, private=KEY)) as anna:
        async with open_libp2p(Libp2pConfig(seed=BERT, private=KEY, bootstrap=anna.addresses)) as bert:
            await until(lambda: bert.peers() == (anna.peer,))
        await until(lambda: anna.peers() == ())
        for wrong in (None, b"x" * 32):
            async with open_libp2p(Libp2pConfig(seed=CARL, private=wrong)) as carl:
                with trio.move_on_after(3):
                    await carl.reach_at(anna.addresses[0])
                assert carl.peers() == anna.peers() == ()


async def test_bulletins_and_marks_survive_on_disk_as_one(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    async with open_database(path) as database, pair(keeper=BulletinStore(database)) as (_, anna, _):
        await anna.publish(CARD, card(1), until=UnixSeconds(START + 600))
        await anna.publish(CARD, card(2), until=UnixSeconds(START + 600))
        await anna.publish(COMMITMENT, commitment(), until=UnixSeconds(START + 600))
        held = list(anna.board.ids(wall()))
    connection = connect(path)
    assert connection.execute("SELECT count(*) FROM bulletin").fetchone() == (2,)
    assert connection.execute("SELECT count(*) FROM bulletin_mark").fetchone() == (1,)
    connection.close()
    async with open_database(path) as database, pair(keeper=BulletinStore(database)) as (_, anna, _):
        assert list(anna.board.ids(wall())) == held
    with sqlite3.connect(path) as last:
        assert last.execute("SELECT count(*) FROM bulletin").fetchone() == (2,)
    last.close()


@asynccontextmanager
async def pair(
    keeper: BulletinStore | None = None, **options: Any
) -> AsyncIterator[tuple[Libp2pNetwork, LastingNetwork, PeerId]]:
    """Anna, who is asked and set up by ``options``, and Bert, who has dialled her."""
    standing = Standing(trio.current_time, lambda _peer: None)
    async with (
        open_libp2p(Libp2pConfig(seed=ANNA, standing=standing, **options)) as inner,
        open_lasting(inner, seed=ANNA, wall=wall, dice=random.Random(1), keeper=keeper) as anna,
        open_libp2p(Libp2pConfig(seed=BERT, bootstrap=inner.addresses)) as bert,
    ):
        await until(lambda: inner.peers() == (bert.peer,))
        yield inner, anna, bert.peer


@asynccontextmanager
async def connections(*bootstrap: str) -> AsyncIterator[tuple[Connections, Libp2pNetwork, PeerId]]:
    async with pair() as (inner, anna, bert):
        lookup = Lookup(anna, seed=ANNA, wall=wall, member=lambda _peer: True, dice=random.Random(1))
        directory = Directory()
        search = Search(lookup, anna, directory)
        yield (
            Connections(
                links=inner, network=anna, directory=directory, search=search, reach=Reach(bootstrap=bootstrap)
            ),
            inner,
            bert,
        )


async def test_peers_says_who_is_there_and_how(tmp_path: Path) -> None:
    async with connections() as (net, inner, bert):
        inner.standing.strike(bert, Strike.REJECTED)
        (row,) = net.peers()["peers"]
        assert (row["peer"], row["direction"], row["member"]) == (bert.hex(), "dialled us", False)
        assert row["points"] == pytest.approx(5, abs=0.1)
        assert row["addresses"][0].startswith("127.0.0.1:")


async def test_ping_takes_a_prefix_or_an_address_and_says_what_is_wrong_with_others() -> None:
    async with connections() as (net, inner, bert):
        echo = await net.ping(bert.hex()[:6])
        assert echo["milliseconds"] >= 0
        with pytest.raises(UnknownError):
            await net.ping("nobody")
        with pytest.raises(RequestError):
            await net.ping("/ip4/nowhere")
        with pytest.raises(UnavailableError):
            await net.ping(dial_address(public_key(CARL), "127.0.0.1", free_port()))
        assert inner.peers() == (bert,)


async def test_find_takes_a_process_by_name_or_code_and_says_which_there_are() -> None:
    async with connections() as (net, _, _):
        for process in ("milling", MILLING):
            assert (await net.find(process, ""))["providers"] == []
        with pytest.raises(RequestError, match="laser cutting"):
            await net.find("whittling", "")


async def test_the_doctor_names_what_is_amiss_and_what_to_do() -> None:
    nobody = dial_address(public_key(CARL), "127.0.0.1", free_port())
    async with connections(nobody) as (net, inner, bert):
        with trio.fail_after(10):
            while not inner.protocols(bert):
                await trio.sleep(0.05)
        said = {check["what"]: check for check in (await net.doctor())["checks"]}
        assert said["listen"]["status"] == "warn"
        assert "loopback only" in said["listen"]["text"]
        assert said["bootstrap"]["status"] == "warn"
        assert said["inbound"] == {"status": "ok", "what": "inbound", "text": "1 dialled us"}
        assert said["peers"]["status"] == "warn"
        assert said["strikes"]["status"] == "ok"
        assert said["lookup"]["status"] == "warn"
        assert "relay" not in said
        assert "LAN" not in said


async def test_the_doctor_explains_relays_and_the_lan() -> None:
    relay = dial_address(public_key(CARL), "127.0.0.1", free_port())
    async with pair(relays=(relay,), relaying=Quota()) as (inner, anna, _):
        lookup = Lookup(anna, seed=ANNA, wall=wall, member=lambda _peer: True, dice=random.Random(1))
        directory = Directory()
        search = Search(lookup, anna, directory)
        net = Connections(
            links=inner, network=anna, directory=directory, search=search, reach=Reach(lan=True, private=True)
        )
        said = [check["text"] for check in (await net.doctor())["checks"]]
        assert any("holds no place for us: it is away" in text for text in said)
        assert "0 members are reached through us, by 0 circuits" in said
        assert any("multicast DNS finds nobody" in text for text in said)
        assert any("this network's key" in text for text in said)
        assert not net.peers()["peers"][0]["relayed"]
