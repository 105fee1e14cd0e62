import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger import bindings
from ledger.chain import Chain, account_of
from ledger.embedded.server import EmbeddedConfig, EmbeddedServer
from ledger.errors import LedgerError, UnavailableError, WrongChainError
from ledger.outbox import DISPLACED_BLOCKS, NONCE_TAKEN, Confirmed, Reverted
from protocol.ids import Address
from tests.ledger import probe
from tests.ledger.places import CHAIN_ID, GAS, EmbeddedProcess, Way, a_key, deploy, mine, receipt_of
from tests.ledger.sender import Sender

pytestmark = pytest.mark.slow

KEY, OTHER = a_key(1), a_key(2)
ME = account_of(KEY)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Sender]:
    node = Sender(tmp_path / "node.sqlite", KEY)
    with closing(node.connection):
        yield node


@pytest.fixture
def target(chain: Chain) -> Address:
    return deploy(chain, OTHER)


def values(chain: Chain, target: Address) -> list[int]:
    """What the probe has logged, in order."""
    return [int.from_bytes(log.payload, "big") for log in chain.logs(0, chain.head().number, [target])]


def test_intents_are_mined_once_in_order_and_told_once(node: Sender, chain: Chain, target: Address) -> None:
    for number in range(3):
        node.take(f"job/{number}", probe.call(target, probe.store(number, number)))
        node.take(f"job/{number}", probe.call(target, probe.store(number, 99)))
    assert node.pump(chain) == []
    assert node.outbox.pending() == ("job/0", "job/1", "job/2")
    number = mine(chain)
    outcomes = node.pump(chain)
    assert [(one.key, isinstance(one, Confirmed)) for one in outcomes] == [(f"job/{n}", True) for n in range(3)]
    assert {one.block for one in outcomes if isinstance(one, Confirmed)} == {number}
    assert values(chain, target) == [0, 1, 2]
    assert node.pump(chain) == []
    assert node.outbox.pending() == ()
    assert node.outbox.gas_spent() == sum(one.gas_used for one in outcomes) > 0


def test_once_all_is_settled_a_look_at_the_next_block_asks_nothing(node: Sender, chain: Chain, target: Address) -> None:
    node.take("job", probe.call(target, probe.store(1, 1)))
    node.pump(chain)
    mine(chain)
    node.pump(chain)
    nobody = Chain("http://127.0.0.1:1", CHAIN_ID)
    assert node.outbox.pump(nobody, KEY, chain.head()) == ()
    mine(chain)
    assert node.outbox.pump(nobody, KEY, chain.head()) == ()
    assert not node.outbox.waiting
    mine(chain)
    mine(chain)
    with pytest.raises(UnavailableError):  # a block is missing between: it looks whether what it knows still stands
        node.outbox.pump(nobody, KEY, chain.head())


def test_an_outcome_is_told_until_it_is_acknowledged(node: Sender, chain: Chain, target: Address) -> None:
    node.take("job", probe.call(target, probe.store(1, 1)))
    node.pump(chain)
    mine(chain)
    assert node.outbox.pump(chain, KEY) == node.outbox.pump(chain, KEY) != ()
    assert len(node.pump(chain)) == 1
    assert node.pump(chain) == []


def test_an_intent_of_a_transaction_that_is_undone_never_was(node: Sender, chain: Chain, target: Address) -> None:
    node.take("job", probe.call(target, probe.store(1, 1)), crash=True)
    node.take("next", probe.call(target, probe.store(2, 2)))
    node.pump(chain)
    mine(chain)
    assert [one.key for one in node.pump(chain)] == ["next"]
    assert node.nonces() == [("next", 0)]


def test_the_first_nonce_is_the_accounts_on_chain(node: Sender, chain: Chain, target: Address) -> None:
    deploy(chain, KEY)
    node.take("job", probe.call(target, probe.store(1, 1)))
    node.pump(chain)
    mine(chain)
    assert len(node.pump(chain)) == 1
    assert node.nonces() == [("job", 1)]


def test_an_intent_that_depends_on_an_earlier_one_is_not_held_up(node: Sender, chain: Chain, target: Address) -> None:
    node.take("first", probe.call(target, probe.store(5, 1)))
    node.take("second", probe.call(target, probe.need(5)))
    node.pump(chain)
    mine(chain)
    assert [type(one) for one in node.pump(chain)] == [Confirmed, Confirmed]


def test_a_refusal_is_mined_named_and_leaves_no_gap(node: Sender, chain: Chain, target: Address) -> None:
    selector = next(one for one, error in bindings.ERRORS["Orders"].items() if error[1] == ("uint256",))
    name = bindings.ERRORS["Orders"][selector][0]
    node.take("named", probe.call(target, probe.refuse(selector + (6).to_bytes(32, "big"))))
    node.take("crash", probe.call(target, probe.crash()))
    node.take("fine", probe.call(target, probe.store(1, 1)))
    node.pump(chain)
    mine(chain)
    named, crash, fine = node.pump(chain)
    assert isinstance(named, Reverted)
    assert isinstance(crash, Reverted)
    assert isinstance(fine, Confirmed)
    assert (named.name, named.arguments, named.reason) == (name, (6,), name)
    assert (crash.name, crash.reason) == ("", "refused without a reason")


def test_an_outcome_waits_for_its_confirmations(tmp_path: Path, chain: Chain, target: Address) -> None:
    node = Sender(tmp_path / "patient.sqlite", KEY, confirmations=3)
    with closing(node.connection):
        node.take("job", probe.call(target, probe.store(1, 1)))
        node.pump(chain)
        seen = [(mine(chain), len(node.pump(chain))) for _ in range(4)]
    assert [count for _, count in seen] == [0, 0, 1, 0]


def test_the_outbox_refuses_another_key_and_another_chain(
    node: Sender, served: EmbeddedServer, chain: Chain, target: Address
) -> None:
    node.take("job", probe.call(target, probe.store(1, 1)))
    node.pump(chain)
    with pytest.raises(LedgerError):
        node.outbox.pump(chain, OTHER)
    with pytest.raises(WrongChainError):
        node.outbox.pump(Chain(served.url, 1), KEY)


# What fails on the way.


def test_bytes_are_stored_before_they_are_sent_so_a_crash_between_doubles_nothing(
    node: Sender, served: EmbeddedServer, chain: Chain, target: Address, tmp_path: Path
) -> None:
    node.take("pay", probe.call(target, probe.store(1, 1)))
    with closing(Way(served.url)) as way:
        way.lose = {"eth_sendRawTransaction"}
        with pytest.raises(UnavailableError):
            node.pump(Chain(way.url, CHAIN_ID))
    stored = node.connection.execute("SELECT raw FROM intent").fetchone()[0]
    again = Sender(tmp_path / "node.sqlite", KEY)
    with closing(again.connection):
        again.pump(chain)
        mine(chain)
        again.pump(chain)
        mine(chain)
        assert again.connection.execute("SELECT raw FROM intent").fetchone()[0] == stored
    assert values(chain, target) == [1]


def test_the_same_bytes_are_sent_once_for_each_head(
    node: Sender, served: EmbeddedServer, chain: Chain, target: Address
) -> None:
    node.take("job", probe.call(target, probe.store(1, 1)))
    with closing(Way(served.url)) as way:
        through = Chain(way.url, CHAIN_ID)
        way.replace["eth_sendRawTransaction"] = {"error": {"code": -32000, "message": "txpool is full"}}
        for _ in range(3):
            node.pump(through)
        assert way.seen["eth_sendRawTransaction"] == 1
        mine(chain)
        way.replace.clear()
        node.pump(through)
        assert way.seen["eth_sendRawTransaction"] == 2
    mine(chain)
    assert len(node.pump(chain)) == 1


def test_a_chain_killed_between_send_and_receipt_and_down_for_a_while_loses_and_doubles_nothing(
    node: Sender, process: EmbeddedProcess
) -> None:
    process.start()
    chain = Chain(process.url, CHAIN_ID)
    target = deploy(chain, OTHER)
    for number in range(3):
        node.take(f"pay/{number}", probe.call(target, probe.store(number, 70 + number)))
    node.pump(chain)
    process.kill()
    node.take("pay/3", probe.call(target, probe.store(3, 73)))
    with pytest.raises(UnavailableError):
        node.pump(chain)
    process.start()
    node.pump(chain)
    mine(chain)
    process.kill()
    process.start()
    assert [one.key for one in node.pump(chain)] == [f"pay/{number}" for number in range(4)]
    assert values(chain, target) == [70, 71, 72, 73]
    assert node.pump(chain) == []


def test_a_nonce_that_a_foreign_transaction_took_is_told_and_the_next_intent_goes_on(
    node: Sender, chain: Chain, target: Address
) -> None:
    node.take("first", probe.call(target, probe.store(1, 1)))
    foreign = chain.sign(KEY, probe.call(target, probe.store(9, 9)), nonce=0, gas=GAS)
    chain.send(foreign.raw)
    node.connection.execute(
        "UPDATE intent SET nonce = 0, hash = ?, raw = ?, gas_limit = 0, fee = 0, tip = 0, signed_at = 0",
        _signed(chain, target),
    )
    mine(chain)
    assert node.pump(chain) == []
    node.take("second", probe.call(target, probe.store(2, 2)))
    node.pump(chain)
    for _ in range(DISPLACED_BLOCKS - 1):
        mine(chain)
    assert [type(one) for one in node.pump(chain)] == [Confirmed]
    mine(chain)
    (first,) = node.pump(chain)
    assert isinstance(first, Reverted)
    assert first.name == NONCE_TAKEN
    assert receipt_of(chain, foreign.hash).status
    assert values(chain, target) == [9, 2]


def _signed(chain: Chain, target: Address) -> tuple[bytes, bytes]:
    signed = chain.sign(KEY, probe.call(target, probe.store(1, 1)), nonce=0, gas=GAS)
    return signed.hash, signed.raw


# Reorganisations: two databases that share their first blocks, behind one address.


@pytest.fixture
def branches(tmp_path: Path) -> Iterator[tuple[Way, EmbeddedServer, EmbeddedServer, Address]]:
    first, second = tmp_path / "a.sqlite", tmp_path / "b.sqlite"

    def serve(database: Path) -> EmbeddedServer:
        server = EmbeddedServer(EmbeddedConfig(database=database, chain_id=CHAIN_ID, block_seconds=0))
        server.start()
        return server

    with closing(serve(first)) as trunk:
        target = deploy(Chain(trunk.url, CHAIN_ID), OTHER)
    shutil.copy(first, second)
    with closing(serve(first)) as a, closing(serve(second)) as b, closing(Way(a.url)) as way:
        yield way, a, b, target


def test_a_receipt_that_disappears_is_sent_again_and_told_only_if_it_turns_out_differently(
    node: Sender, branches: tuple[Way, EmbeddedServer, EmbeddedServer, Address]
) -> None:
    way, a, b, target = branches
    chain, old, new = (Chain(url, CHAIN_ID) for url in (way.url, a.url, b.url))
    head = old.sign(OTHER, probe.call(target, probe.store(8, 8)), nonce=1, gas=GAS)
    old.send(head.raw)
    mine(old)
    node.take("same", probe.call(target, probe.store(1, 1)))
    node.take("other", probe.call(target, probe.need(8)))
    node.pump(chain)
    mine(old)
    assert [type(one) for one in node.pump(chain)] == [Confirmed, Confirmed]

    way.upstream = b.url
    mine(new)
    mine(new)
    assert node.pump(chain) == []
    assert node.outbox.pending() == ("same", "other")
    mine(new)
    (other,) = node.pump(chain)
    assert isinstance(other, Reverted)
    assert other.key == "other"
    assert node.pump(chain) == []
    assert values(new, target) == [1]


def test_a_chain_that_was_put_back_gets_the_same_bytes_again(
    node: Sender, branches: tuple[Way, EmbeddedServer, EmbeddedServer, Address]
) -> None:
    way, a, b, target = branches
    chain = Chain(way.url, CHAIN_ID)
    for number in range(2):
        node.take(f"job/{number}", probe.call(target, probe.store(number, number + 1)))
        node.pump(chain)
        mine(Chain(a.url, CHAIN_ID))
    assert [one.key for one in node.pump(chain)] == ["job/1"]
    way.upstream = b.url
    assert node.pump(chain) == []
    mine(Chain(b.url, CHAIN_ID))
    assert node.pump(chain) == []
    assert values(chain, target) == [1, 2]
    assert node.outbox.pending() == ()
