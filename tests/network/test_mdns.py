"""Peers on one LAN find each other by multicast DNS; what a hostile LAN says leads nowhere."""

import socket
from random import Random

import pytest
import trio
from zeroconf import DNSOutgoing, DNSQuestion

from federation.errors import ListenError
from federation.network.libp2p import Libp2pConfig, dial_address, open_libp2p
from federation.network.libp2p_dialler import MAX_NEARBY_PER_HOST
from federation.network.mdns import (
    GROUP,
    MAX_ADDRESSES,
    Lan,
    Lookout,
    announcement,
    check_interface,
    hear,
    on_interface,
    open_link,
    question,
    service_of,
)
from protocol.signed import public_key
from tests.network.worlds import free_port, seed_of, until

ANNA, BERT, CARL = map(seed_of, ("anna", "bert", "carl"))
SERVICE = service_of(None)
HOST = "192.168.7.5"
KEY = b"k" * 32


def address_of(name: str, host: str = HOST, port: int = 4001) -> str:
    return dial_address(public_key(seed_of(name)), host, port)


def free_udp_port() -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_what_is_announced_is_heard() -> None:
    packet = announcement(SERVICE, "name", (address_of("anna"), address_of("anna", port=4002)))
    assert hear(packet, HOST, SERVICE).addresses == (address_of("anna"), address_of("anna", port=4002))
    assert not hear(packet, HOST, SERVICE).asks


def test_a_question_is_for_our_service_only() -> None:
    assert hear(question(SERVICE), HOST, SERVICE).asks
    printers = DNSOutgoing(0)
    printers.add_question(DNSQuestion("_ipp._tcp.local.", 12, 1))
    assert not hear(printers.packets()[0], HOST, SERVICE).asks
    assert not hear(question(service_of(KEY)), HOST, SERVICE).asks


def test_a_host_is_believed_about_itself_only() -> None:
    packet = announcement(SERVICE, "name", (address_of("anna", "203.0.113.9"), address_of("bert")))
    assert hear(packet, HOST, SERVICE).addresses == (address_of("bert"),)


def test_a_private_network_has_a_service_of_its_own_which_does_not_tell_its_key() -> None:
    assert service_of(KEY) != SERVICE
    assert service_of(KEY) != service_of(b"x" * 32)
    assert KEY.hex() not in service_of(KEY)
    assert not hear(announcement(service_of(KEY), "name", (address_of("anna"),)), HOST, SERVICE).addresses
    assert hear(announcement(service_of(KEY), "name", (address_of("anna"),)), HOST, service_of(KEY)).addresses


def test_malformed_packets_tell_nothing() -> None:
    whole = announcement(SERVICE, "name", (address_of("anna"),))
    dice = Random(1)
    for _ in range(2000):
        packet = bytearray(whole[: dice.randrange(12, len(whole) + 1)])
        for _ in range(dice.randrange(4)):
            packet[dice.randrange(len(packet))] = dice.randrange(256)
        assert len(hear(bytes(packet), HOST, SERVICE).addresses) <= 1
    for packet in (b"", bytes(12), b"\xff" * 9000, b"\0\0\x84\0\0\0\xff\xff\0\0\0\0" + b"\xc0\x0c" * 500):
        assert hear(packet, HOST, SERVICE) == hear(b"", HOST, SERVICE)


def test_one_packet_names_a_bounded_number_of_addresses() -> None:
    many = tuple(f"/ip4/{HOST}/tcp/{port}" for port in range(1, 30))
    assert len(hear(announcement(SERVICE, "name", many), HOST, SERVICE).addresses) == MAX_ADDRESSES


def test_a_node_that_listens_everywhere_names_the_interface_that_is_asked_on() -> None:
    ours = ("/ip4/0.0.0.0/tcp/1/p2p/us", "/ip4/10.0.0.1/tcp/2/p2p/us", f"/ip4/{HOST}/tcp/3/p2p/us", "/ip6/::1/tcp/4")
    assert len(on_interface(ours * 10, HOST)) == MAX_ADDRESSES
    assert on_interface(ours, HOST) == (f"/ip4/{HOST}/tcp/1/p2p/us", f"/ip4/{HOST}/tcp/3/p2p/us")


@pytest.mark.parametrize("interface", ["0.0.0.0", "8.8.8.8", "fe80::1", "eth0", ""])  # noqa: S104
def test_nobody_is_found_beyond_a_lan(interface: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        check_interface(interface)


async def test_an_interface_that_is_not_ours_stops_the_start() -> None:
    with pytest.raises(ListenError):
        await open_link(Lan(interface="192.168.254.253"))


async def test_a_flood_of_questions_is_answered_once_a_second() -> None:
    lan = Lan(interface="127.0.0.1", port=free_udp_port())
    heard: list[str] = []
    ours = address_of("anna", "127.0.0.1")
    with await open_link(lan) as link, await open_link(lan) as other:
        started = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Lookout(lan, link, lambda: (ours,), heard.append, Random(1)).run)
            for _ in range(100):
                await other.sendto(question(SERVICE), (GROUP, lan.port))
            await until(lambda: len(heard) >= 2)
            nursery.cancel_scope.cancel()
        assert len(heard) <= 2 + (trio.current_time() - started)
        assert set(heard) == {ours}


@pytest.mark.slow
async def test_two_nodes_without_bootstrap_peers_meet_on_the_lan() -> None:
    lans = (Lan(interface="127.0.0.1", port=free_udp_port()),)
    async with (
        open_libp2p(Libp2pConfig(seed=ANNA, lans=lans)) as anna,
        open_libp2p(Libp2pConfig(seed=BERT, lans=lans)) as bert,
    ):
        await until(lambda: anna.peers() == (bert.peer,) and bert.peers() == (anna.peer,))
        await until(lambda: anna.nearby() == (bert.peer,) and bert.nearby() == (anna.peer,))


@pytest.mark.slow
async def test_who_answers_must_be_whom_the_lan_named() -> None:
    """Somebody announces Carl where Anna listens, and a thousand more on a host that hears nobody."""
    lan = Lan(interface="127.0.0.1", port=free_udp_port())
    async with (
        open_libp2p(Libp2pConfig(seed=ANNA)) as anna,
        open_libp2p(Libp2pConfig(seed=BERT, lans=(lan,))) as bert,
    ):
        liar = await open_link(lan)
        with liar:
            port = int(anna.addresses[0].split("/")[4])
            false = [dial_address(public_key(CARL), "127.0.0.1", port)]
            false += [address_of(f"nobody {number}", "127.0.0.1", free_port()) for number in range(40)]
            for address in false:
                await liar.sendto(announcement(SERVICE, "liar", (address,)), (GROUP, lan.port))
            await until(lambda: len(bert.nearby()) == MAX_NEARBY_PER_HOST)
            await bert.reach_at(anna.addresses[0])
            with trio.move_on_after(3):
                await until(lambda: public_key(CARL) in (*anna.peers(), *bert.peers()))
            assert bert.peers() == (anna.peer,)
