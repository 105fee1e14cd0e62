import sqlite3

import pytest

from ledger.chain import account_of
from ledger.errors import RevertedError
from ledger.follow import Follower
from ledger.outbox import Confirmed, Outbox, Reverted
from ledger.proofs import BlockProof, prove, verify
from protocol.ids import Address, Digest
from protocol.units import Cents
from protocol.wire import decode, encode
from tests.ledger.conftest import CUSTOMER, Ledger

pytestmark = pytest.mark.slow

FRIEND = Address(b"f" * 20)


def test_a_refused_question_names_the_contract_and_its_error(ledger: Ledger) -> None:
    expire = ledger.contracts.orders.expire(bytes(32))  # type: ignore[arg-type]
    with pytest.raises(RevertedError) as refusal:
        ledger.chain.estimate(account_of(CUSTOMER), expire)
    assert refusal.value.contract == "Orders"
    assert refusal.value.name


def test_intents_that_are_sent_together_are_mined_in_order_and_a_refusal_among_them_is_named(ledger: Ledger) -> None:
    contracts, outbox = ledger.contracts, Outbox(sqlite3.connect(":memory:", isolation_level=None))
    outbox.enqueue("seal", contracts.designs.seal(Digest(b"d" * 32)))
    outbox.enqueue("allow", contracts.token.approve(contracts.orders.address, Cents(500)))
    outbox.enqueue("too much", contracts.token.transfer(FRIEND, Cents(10**9)))
    outbox.enqueue("give", contracts.token.transfer(FRIEND, Cents(5)))
    assert outbox.pump(ledger.chain, CUSTOMER) == ()
    ledger.server.node.mine()
    seal, allow, too_much, give = outbox.pump(ledger.chain, CUSTOMER)
    assert [type(one) for one in (seal, allow, give)] == [Confirmed] * 3
    assert isinstance(too_much, Reverted)
    assert (too_much.name, too_much.arguments[2]) == ("ERC20InsufficientBalance", 10**9)
    assert contracts.token.balance(ledger.chain, FRIEND) == 5
    assert outbox.gas_spent() > 60_000


def test_every_log_of_a_busy_block_is_told_once_and_proves_itself_after_travelling(ledger: Ledger) -> None:
    token = ledger.contracts.token
    for nonce in range(20):
        give = token.transfer(Address(bytes([nonce + 1]) * 20), Cents(nonce + 1))
        ledger.chain.send(ledger.chain.sign(CUSTOMER, give, nonce=nonce, gas=100_000).raw)
    number = int(ledger.server.node.mine().block_number)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    batch = Follower(connection, (token.address,), start=number).advance(ledger.chain)
    Follower.commit(batch, connection)
    assert len(batch.events) == 20
    travelled = decode(BlockProof, encode(prove(ledger.chain, number, logs=batch.events)))
    shown = verify(travelled)
    assert [(log.address, log.topics, log.payload) for log in shown.logs] == [
        (log.address, log.topics, log.payload) for log in batch.events
    ]
    assert {(log.block, log.block_hash) for log in batch.events} == {(shown.header.number, shown.header.hash)}
    assert Follower(connection, (token.address,), start=number).advance(ledger.chain).events == ()
    connection.close()
