"""One suite for every ledger that is installed: what a node needs of a chain, and what the client promises on it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from devnet.deploy import PACK
from governance.in_force import pack_at
from ledger import bindings
from ledger.alarms import Trouble
from ledger.chain import Chain, account_of
from ledger.errors import LedgerError, RevertedError, WrongChainError
from ledger.follow import Follower
from ledger.outbox import Confirmed, Reverted
from ledger.proofs import prove, verify
from ledger.types import Creation, Transaction
from protocol.errors import RejectError
from protocol.ids import Address
from tests.ledger import probe
from tests.ledger.flow import BUYER, CONTRACTS, DEARER, SHOP, STEWARD, Step, flow
from tests.ledger.ledgers import GWEI, KEYS, KINDS, Place, running
from tests.ledger.places import Direct, a_key, receipt_of
from tests.ledger.sender import Sender
from tests.ledger.validators import CLIENT, validating

pytestmark = pytest.mark.slow

KNOWN_GAS = 300_000
MISSING = "make test-ledgers installs it"


def places(*, foreign: bool) -> list[object]:
    """The ledgers, or only those of others, whose tools can do to a chain what ours cannot."""
    return [
        pytest.param(name, marks=pytest.mark.skipif(not kind.installed, reason=MISSING))
        for name, kind in KINDS.items()
        if kind.dialect.fund or not foreign
    ]


on_the_others = pytest.mark.parametrize("place", places(foreign=True), indirect=True, scope="module")
where_refusals_are_told = pytest.mark.parametrize("place", places(foreign=False), indirect=True, scope="module")
"""All but @ethereumjs/client 0.10.5, which answers a refused call as if it had been done."""


@pytest.fixture(
    scope="module",
    params=[
        *places(foreign=False),
        pytest.param("ethereumjs", marks=pytest.mark.skipif(not CLIENT.exists(), reason=MISSING)),
    ],
)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp(request.param)
    with validating(folder) if request.param == "ethereumjs" else running(request.param, folder) as place:
        yield place


@pytest.fixture(scope="module")
def keys(place: Place) -> Iterator[bytes]:
    return iter(KEYS)


@pytest.fixture
def key(place: Place, keys: Iterator[bytes]) -> bytes:
    """Of an account that nobody used before, with ether."""
    key = next(keys)
    place.fund(account_of(key))
    return key


@pytest.fixture
def target(place: Place, keys: Iterator[bytes]) -> Address:
    deployer = next(keys)
    place.fund(account_of(deployer))
    chain = place.chain
    signed = chain.sign(deployer, probe.creation(), nonce=0, gas=KNOWN_GAS, fees=chain.fees())
    chain.send(signed.raw)
    place.mine()
    created = receipt_of(chain, signed.hash).contract
    assert created is not None
    return created


@pytest.fixture
def sender(tmp_path: Path, key: bytes) -> Iterator[Sender]:
    sender = Sender(tmp_path / "node.sqlite", key)
    with closing(sender.connection):
        yield sender


def a_store(target: Address, value: int) -> Transaction:
    return probe.call(target, probe.store(1, value))


def values(chain: Chain, target: Address) -> list[int]:
    return [int.from_bytes(log.payload, "big") for log in chain.logs(0, chain.head().number, [target])]


def test_the_chain_is_the_one_that_is_expected(place: Place) -> None:
    place.chain.verify()
    with pytest.raises(WrongChainError):
        Chain(place.url, 1).verify()


def test_intents_are_mined_once_in_order_and_logs_are_told_once(
    place: Place, sender: Sender, target: Address, tmp_path: Path
) -> None:
    chain = place.chain
    follower = Follower(sender.connection, [target], start=chain.head().number)
    for number in range(5):
        sender.take(f"job/{number}", a_store(target, number))
    for _ in range(3):
        assert sender.pump(chain) == []
    place.mine()
    assert [(one.key, type(one)) for one in sender.pump(chain)] == [(f"job/{n}", Confirmed) for n in range(5)]
    batch = follower.advance(chain)
    follower.commit(batch, sender.connection)
    assert [int.from_bytes(log.payload, "big") for log in batch.events] == list(range(5))
    assert follower.advance(chain).events == ()
    assert sender.pump(chain) == []


def test_the_same_bytes_are_taken_again_before_and_after_they_are_mined(
    place: Place, key: bytes, target: Address
) -> None:
    chain = place.chain
    signed = chain.sign(key, a_store(target, 1), nonce=0, gas=KNOWN_GAS, fees=chain.fees())
    for _ in range(2):
        chain.send(signed.raw)
    place.mine()
    chain.send(signed.raw)
    with pytest.raises(LedgerError):
        chain.send(chain.sign(key, a_store(target, 2), nonce=0, gas=KNOWN_GAS, fees=chain.fees()).raw)
    assert values(chain, target) == [1]


@where_refusals_are_told
def test_a_refusal_has_the_name_that_our_contracts_give_it(place: Place, sender: Sender, target: Address) -> None:
    chain = place.chain
    selector, (name, _) = next(one for one in bindings.ERRORS["Orders"].items() if one[1][1] == ("uint256",))
    refusal = probe.call(target, probe.refuse(selector + (9).to_bytes(32, "big")))
    with pytest.raises(RevertedError) as caught:
        chain.estimate(account_of(KEYS[0]), refusal)
    assert (caught.value.contract, caught.value.name, caught.value.arguments) == ("Orders", name, (9,))
    with pytest.raises(RevertedError):
        chain.call(target, refusal.payload)
    sender.take("bad", refusal)
    sender.take("good", a_store(target, 3))
    sender.pump(chain)
    place.mine()
    bad, good = sender.pump(chain)
    assert isinstance(bad, Reverted)
    assert (bad.name, bad.arguments) == (name, (9,))
    assert isinstance(good, Confirmed)


def test_a_mined_log_is_proven_from_the_block_hash_alone(place: Place, key: bytes, target: Address) -> None:
    chain = place.chain
    for nonce in range(3):
        chain.send(chain.sign(key, a_store(target, nonce), nonce=nonce, gas=KNOWN_GAS, fees=chain.fees()).raw)
    place.mine()
    logs = chain.logs(0, chain.head().number, [target])
    assert len(logs) == 3
    for log in logs:
        shown = verify(prove(chain, log.block, logs=[log]))
        (proven,) = shown.logs
        assert (proven.address, proven.topics, proven.payload) == (log.address, log.topics, log.payload)
        assert shown.header.hash == log.block_hash


@on_the_others
def test_an_account_that_cannot_pay_is_an_alarm_until_it_is_funded(
    place: Place, target: Address, tmp_path: Path
) -> None:
    poor = Sender(tmp_path / "poor.sqlite", a_key(7000))
    with closing(poor.connection):
        poor.take("pay", a_store(target, 1))
        poor.pump(place.chain)
        assert [alarm.trouble for alarm in poor.outbox.alarms] == [Trouble.UNPAYABLE]
        place.fund(account_of(a_key(7000)))
        place.mine()
        poor.pump(place.chain)
        assert poor.outbox.alarms == ()
        place.mine()
        assert [type(one) for one in poor.pump(place.chain)] == [Confirmed]


@dataclass(frozen=True, slots=True)
class OneByOne:
    """The flow on a place: each transaction in a block of its own, a second after the one before, as on our chain.

    Votes are kept by the second, and two changes in one take less gas.
    """

    place: Place

    def send(self, key: bytes, transaction: Transaction | Creation) -> tuple[bool, int]:
        chain = self.place.chain
        nonce = chain.nonce(account_of(key))
        signed = chain.sign(key, transaction, nonce=nonce, gas=6_000_000, fees=chain.fees())
        chain.send(signed.raw)
        self.place.ask("evm_setNextBlockTimestamp", hex(chain.head().timestamp + 1))
        self.place.mine()
        receipt = receipt_of(chain, signed.hash)
        return receipt.status, receipt.gas_used


class OnOurs:
    """The flow on our chain without sockets."""

    def __init__(self, direct: Direct) -> None:
        self._direct = direct

    def send(self, key: bytes, transaction: Transaction | Creation) -> tuple[bool, int]:
        sent = self._direct.send(key, transaction, gas=6_000_000)
        self._direct.mine()
        receipt = self._direct.ask("eth_getTransactionReceipt", sent)
        return receipt["status"] == "0x1", int(receipt["gasUsed"], 16)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    with closing(Direct(tmp_path_factory.mktemp("ours") / "chain.sqlite")) as direct:
        return flow(OnOurs(direct))


@on_the_others
def test_every_step_of_the_federation_takes_the_same_gas_everywhere(place: Place, ours: list[Step]) -> None:
    for key in (STEWARD, BUYER, SHOP):
        place.fund(account_of(key))
    assert {step.done for step in ours if "refused" not in step.name} == {True}
    assert {step.done for step in ours if "refused" in step.name} == {False}
    assert flow(OneByOne(place)) == ours
    steps_since = len(ours) - [step.name for step in ours].index("execute")
    check_that_nodes_obey(place.chain, executed=place.chain.head().number - steps_since + 1)


def check_that_nodes_obey(chain: Chain, *, executed: int) -> None:
    """Nodes read what the members adopted, and refuse what was in force before, except for orders of that time."""
    rules, head = CONTRACTS.rules, chain.head().number
    assert rules.pack(chain) == DEARER == pack_at(chain, rules, digest=DEARER.digest, block=head)
    with pytest.raises(RejectError):
        pack_at(chain, rules, digest=PACK.digest, block=head)
    assert pack_at(chain, rules, digest=PACK.digest, block=executed) == PACK


# What only the tools of others can do to a chain.


@on_the_others
def test_a_transaction_that_the_mempool_drops_is_sent_again(place: Place, sender: Sender, target: Address) -> None:
    chain = place.chain
    sender.take("pay", a_store(target, 7))
    sender.pump(chain)
    (sent,) = sender.connection.execute("SELECT hash FROM intent").fetchone()
    place.ask(place.dialect.drop, "0x" + sent.hex())
    place.mine()
    assert values(chain, target) == []
    sender.pump(chain)
    place.mine()
    assert [type(one) for one in sender.pump(chain)] == [Confirmed]
    assert values(chain, target) == [7]


@on_the_others
def test_when_the_price_of_gas_rises_the_same_nonce_offers_more(place: Place, sender: Sender, target: Address) -> None:
    chain = place.chain
    sender.take("pay", a_store(target, 7))
    sender.take("more", a_store(target, 8))
    sender.pump(chain)
    before = sender.nonces()
    place.ask(place.dialect.price, hex(50 * GWEI))
    place.mine()
    assert values(chain, target) == []
    sender.pump(chain)
    place.mine()
    assert [type(one) for one in sender.pump(chain)] == [Confirmed, Confirmed]
    assert sender.nonces() == before
    assert values(chain, target) == [7, 8]


@on_the_others
def test_what_a_fork_takes_out_of_its_block_is_mined_again_and_told_once(
    place: Place, sender: Sender, target: Address
) -> None:
    chain = place.chain
    follower = Follower(sender.connection, [target], start=chain.head().number)
    told: list[int] = []

    def follow() -> int | None:
        batch = follower.advance(chain)
        if batch.rolled_back_to is not None:
            told.clear()
        told.extend(int.from_bytes(log.payload, "big") for log in batch.events)
        follower.commit(batch, sender.connection)
        return batch.rolled_back_to

    follow()
    trunk = chain.head().number
    snapshot = place.ask("evm_snapshot")
    sender.take("pay", a_store(target, 7))
    sender.pump(chain)
    place.mine()
    place.mine()
    assert [type(one) for one in sender.pump(chain)] == [Confirmed]
    follow()
    assert told == [7]

    if place.name == "anvil":
        place.ask("anvil_reorg", 2, [])
    else:
        place.ask("evm_revert", snapshot)
        place.fund(Address(b"other branch".ljust(20)))
        place.mine()
        place.mine()
    assert chain.head().number == trunk + 2
    assert follow() == trunk
    assert told == []
    assert sender.pump(chain) == []
    place.mine()
    assert sender.pump(chain) == []
    assert sender.outbox.pending() == ()
    follow()
    assert told == [7]
    assert values(chain, target) == [7]
