"""Every fault of an endpoint or an account: nothing is lost or doubled, and the operator is told what to mend."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from eth_account import Account

from ledger.alarms import STUCK_BLOCKS, Trouble
from ledger.chain import USUAL_TIP, Chain, account_of
from ledger.embedded.server import FUNDS, EmbeddedConfig, EmbeddedServer
from ledger.errors import UnavailableError, WrongChainError
from ledger.outbox import Confirmed
from ledger.pricing import PATIENCE_BLOCKS
from ledger.types import Transaction
from protocol.ids import Address
from tests.ledger import probe
from tests.ledger.places import CHAIN_ID, GAS, Way, a_key, deploy, mine, receipt_of
from tests.ledger.sender import Sender

pytestmark = pytest.mark.slow

KEY, RICH = a_key(1), a_key(2)
ME = account_of(KEY)


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[Sender]:
    sender = Sender(tmp_path / "node.sqlite", KEY)
    with closing(sender.connection):
        yield sender


@pytest.fixture
def way(served: EmbeddedServer) -> Iterator[Way]:
    with closing(Way(served.url)) as way:
        yield way


@pytest.fixture
def through(way: Way) -> Chain:
    return Chain(way.url, CHAIN_ID)


@pytest.fixture
def target(chain: Chain) -> Address:
    return deploy(chain, RICH)


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Chain]:
    """A chain on which gas costs ether; only ``RICH`` has any."""
    config = EmbeddedConfig(
        database=tmp_path / "paid.sqlite",
        chain_id=CHAIN_ID,
        block_seconds=0,
        free_gas=False,
        fund=(account_of(RICH),),
    )
    server = EmbeddedServer(config)
    server.start()
    with closing(server):
        yield Chain(server.url, CHAIN_ID)


def a_store(target: Address, value: int) -> Transaction:
    return probe.call(target, probe.store(1, value))


def values(chain: Chain, target: Address) -> list[int]:
    return [int.from_bytes(log.payload, "big") for log in chain.logs(0, chain.head().number, [target])]


def troubles(sender: Sender) -> list[Trouble]:
    return [alarm.trouble for alarm in sender.outbox.alarms]


def test_a_dropped_mempool_is_filled_again_at_the_next_head(
    sender: Sender, way: Way, through: Chain, chain: Chain, target: Address
) -> None:
    sender.take("pay", a_store(target, 7))
    way.replace["eth_sendRawTransaction"] = {"result": "0x" + "00" * 32}
    sender.pump(through)
    mine(chain)
    assert chain.nonce(ME) == 0
    way.replace.clear()
    sender.pump(through)
    mine(chain)
    assert [type(one) for one in sender.pump(through)] == [Confirmed]
    assert values(chain, target) == [7]


def test_an_endpoint_that_takes_and_forgets_for_long_is_an_alarm(
    sender: Sender, way: Way, through: Chain, chain: Chain, target: Address
) -> None:
    sender.take("pay", a_store(target, 7))
    way.replace["eth_sendRawTransaction"] = {"result": "0x" + "00" * 32}
    sender.pump(through)
    for _ in range(STUCK_BLOCKS):
        assert troubles(sender) == []
        mine(chain)
    sender.pump(through)
    assert troubles(sender) == [Trouble.STUCK]
    way.replace.clear()
    mine(chain)
    sender.pump(through)
    mine(chain)
    sender.pump(through)
    assert troubles(sender) == []
    assert values(chain, target) == [7]


def test_what_an_endpoint_says_against_a_transaction_reaches_the_operator(
    sender: Sender, way: Way, through: Chain, target: Address
) -> None:
    sender.take("pay", a_store(target, 7))
    way.replace["eth_sendRawTransaction"] = {"error": {"code": -32000, "message": "sender is on the denylist"}}
    sender.pump(through)
    assert troubles(sender) == [Trouble.REFUSED]
    assert "sender is on the denylist" in sender.outbox.alarms[0].text


def test_a_replica_that_lags_doubles_and_tells_nothing(
    sender: Sender, tmp_path: Path, served: EmbeddedServer, chain: Chain, target: Address
) -> None:
    stale = EmbeddedServer(EmbeddedConfig(database=tmp_path / "stale.sqlite", chain_id=CHAIN_ID, block_seconds=0))
    stale.start()
    with closing(stale), closing(Way(served.url)) as way:
        through = Chain(way.url, CHAIN_ID)
        for value in (7, 8):
            sender.take(f"pay/{value}", a_store(target, value))
            sender.pump(through)
            mine(chain)
        assert [one.key for one in sender.pump(through)] == ["pay/8"]
        way.upstream = stale.url
        for _ in range(2):
            assert sender.pump(through) == []
        way.upstream = served.url
        assert sender.pump(through) == []
        mine(chain)
        assert sender.pump(through) == []
        assert sender.outbox.pending() == ()
    assert values(chain, target) == [7, 8]


def test_an_endpoint_that_leads_to_another_chain_stops_the_outbox_and_loses_nothing(
    sender: Sender, way: Way, through: Chain, chain: Chain, target: Address, tmp_path: Path
) -> None:
    sender.take("pay", a_store(target, 7))
    sender.pump(through)
    foreign = EmbeddedServer(EmbeddedConfig(database=tmp_path / "foreign.sqlite", chain_id=1, block_seconds=0))
    foreign.start()
    with closing(foreign):
        for _ in range(3):
            mine(Chain(foreign.url, 1))
        there, way.upstream = way.upstream, foreign.url
        with pytest.raises(WrongChainError) as caught:
            sender.pump(through)
        assert (caught.value.expected, caught.value.found) == (CHAIN_ID, 1)
        way.upstream = there
    mine(chain)
    assert [type(one) for one in sender.pump(through)] == [Confirmed]


def test_an_account_that_cannot_pay_is_an_alarm_until_it_is_funded(sender: Sender, paid: Chain) -> None:
    sender.take("pay", a_store(Address(b"t" * 20), 7))
    sender.take("more", a_store(Address(b"t" * 20), 8))
    sender.pump(paid)
    (alarm,) = sender.outbox.alarms
    assert alarm.trouble is Trouble.UNPAYABLE
    assert "0x" + ME.hex() in alarm.text
    give_ether(paid, ME)
    sender.pump(paid)
    assert troubles(sender) == []
    mine(paid)
    assert [type(one) for one in sender.pump(paid)] == [Confirmed, Confirmed]


def give_ether(paid: Chain, account: Address) -> None:
    """A thousandth of what the rich account has; our own transactions never carry value."""

    fields = {"type": 2, "chainId": CHAIN_ID, "nonce": 0, "gas": 21_000, "value": FUNDS // 1000, "to": account}
    price = {"maxFeePerGas": paid.fees()[0], "maxPriorityFeePerGas": 0}
    paid.send(bytes(Account.sign_transaction(fields | price, RICH).raw_transaction))
    mine(paid)


def test_a_transaction_that_waits_at_too_low_a_price_offers_more_under_the_same_nonce(
    sender: Sender, paid: Chain
) -> None:
    give_ether(paid, ME)
    with closing(Way(paid.url)) as way:
        through = Chain(way.url, CHAIN_ID)
        sender.take("pay", a_store(Address(b"t" * 20), 7))
        way.replace["eth_sendRawTransaction"] = {"result": "0x" + "00" * 32}
        sender.pump(through)
        first = stored(sender)
        for _ in range(PATIENCE_BLOCKS):
            sender.pump(through)
            assert stored(sender) == first
            mine(paid)
        way.replace.clear()
        sender.pump(through)
        second = stored(sender)
        assert second[0] == first[0]
        assert second[1] >= first[1] * 110 // 100
        assert second[2] > first[2]
        mine(paid)
        (outcome,) = sender.pump(through)
    assert isinstance(outcome, Confirmed)
    assert receipt_of(paid, outcome.transaction).status


def test_an_endpoint_without_an_opinion_on_tips_is_offered_the_usual_one(paid: Chain) -> None:
    with closing(Way(paid.url)) as way:
        way.replace["eth_maxPriorityFeePerGas"] = {"error": {"code": -32601, "message": "no such method"}}
        assert Chain(way.url, CHAIN_ID).fees() == (2 * paid.head().base_fee + USUAL_TIP, USUAL_TIP)


def stored(sender: Sender) -> tuple[int, int, int]:
    """Nonce, fee and tip of the only intent."""
    row: tuple[int, int, int] = sender.connection.execute("SELECT nonce, fee, tip FROM intent").fetchone()
    return row


def test_whichever_of_its_prices_is_mined_an_intent_is_confirmed_once(sender: Sender, paid: Chain) -> None:
    """The endpoint says that it did not take the first bytes, though it did; the second come too late."""
    give_ether(paid, ME)
    with closing(Way(paid.url)) as way:
        through = Chain(way.url, CHAIN_ID)
        sender.take("pay", a_store(Address(b"t" * 20), 7))
        sender.pump(through)
        (first,) = sender.connection.execute("SELECT hash FROM intent").fetchone()
        sender.connection.execute("UPDATE intent SET signed_at = signed_at - ?", (PATIENCE_BLOCKS,))
        way.lose = {"eth_sendRawTransaction"}
        sender.outbox = type(sender.outbox)(sender.connection)
        way.replace["eth_sendRawTransaction"] = {"error": {"code": -32000, "message": "txpool is full"}}
        way.lose.clear()
        sender.pump(through)
        (second,) = sender.connection.execute("SELECT hash FROM intent").fetchone()
        assert second != first
        mine(paid)
        (outcome,) = sender.pump(through)
        assert isinstance(outcome, Confirmed)
        assert outcome.transaction == first
        assert sender.pump(through) == []


def test_nonces_that_somebody_else_must_use_first_are_an_alarm(
    sender: Sender, tmp_path: Path, served: EmbeddedServer, chain: Chain, target: Address
) -> None:
    """The account sent two transactions from elsewhere; then the chain was put back to its beginning."""
    lost = [chain.sign(KEY, a_store(target, 100 + nonce), nonce=nonce, gas=GAS) for nonce in range(2)]
    for signed in lost:
        chain.send(signed.raw)
    mine(chain)
    sender.take("pay", a_store(target, 7))
    sender.pump(chain)
    old = EmbeddedServer(EmbeddedConfig(database=tmp_path / "old.sqlite", chain_id=CHAIN_ID, block_seconds=0))
    old.start()
    with closing(old):
        back = Chain(old.url, CHAIN_ID)
        sender.pump(back)
        (alarm,) = sender.outbox.alarms
        assert alarm.trouble is Trouble.GAP
        assert "nonces 0 to 1" in alarm.text
        for signed in lost:
            back.send(signed.raw)
        mine(back)
        sender.pump(back)
        assert troubles(sender) == []
        assert back.nonce(ME) == 3


def test_an_endpoint_that_is_away_changes_nothing(sender: Sender, chain: Chain, target: Address) -> None:
    sender.take("pay", a_store(target, 7))
    with pytest.raises(UnavailableError):
        sender.pump(Chain("http://127.0.0.1:1", CHAIN_ID))
    assert sender.nonces() == [("pay", None)]
    sender.pump(chain)
    mine(chain)
    assert [type(one) for one in sender.pump(chain)] == [Confirmed]
