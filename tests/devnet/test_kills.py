"""kill -9 of anybody at the worst moment: after a restart the job completes, once, with no step and no coin lost."""

import pytest
import trio

from devnet.federation import Federation
from protocol.topics import FETCH_BUNDLE, FETCH_PACKAGE, FETCH_RECORDS, FETCH_RESULT
from tests.devnet.jobs import assert_made_once, assert_nothing_held, finish, post, settled_balance, wait_for
from tests.network.attacker import throw_garbage

pytestmark = pytest.mark.slow


def test_a_provider_killed_in_the_middle_of_its_operation_finishes_it_once(federation: Federation) -> None:
    before = settled_balance(federation)
    job = post(federation)
    wait_for(federation, "customer", job, "OperationAssigned", 3)
    maker = _maker(federation, job, 0)
    wait_for(federation, maker, job, "PartMade")
    federation.processes[maker].kill()
    federation.restart(maker)
    assert_made_once(federation, job, finish(federation, job), before)
    assert_nothing_held(federation, job)


def test_a_customer_killed_between_award_and_delivery_delivers_after_its_restart(federation: Federation) -> None:
    before = settled_balance(federation)
    job = post(federation)
    wait_for(federation, "customer", job, "Woke", 2)  # the reveal window has closed: the award is decided
    federation.processes["customer"].kill()
    federation.restart("customer")
    assert_made_once(federation, job, finish(federation, job), before)


def test_a_ledger_killed_between_two_blocks_loses_no_transaction(federation: Federation) -> None:
    before = settled_balance(federation)
    job = post(federation)
    wait_for(federation, "customer", job, "OperationAssigned", 3)
    federation.ledger.kill()
    federation.ledger.start()
    federation.ledger.wait_ready()
    wait_for(federation, "customer", job, "OperationAttested")
    federation.ledger.kill()
    federation.ledger.start()
    federation.ledger.wait_ready()
    assert_made_once(federation, job, finish(federation, job), before)


def test_garbage_on_every_protocol_brings_nobody_down(federation: Federation) -> None:
    before = settled_balance(federation)
    pids = {name: process.pid for name, process in federation.processes.items()}
    job = post(federation)
    protocols = (FETCH_RESULT, FETCH_PACKAGE, FETCH_RECORDS, FETCH_BUNDLE)
    for name in federation.nodes:
        with federation.client(name) as client:
            (address,) = client.status()["addresses"]
        assert trio.run(throw_garbage, address, protocols) > 0
    assert_made_once(federation, job, finish(federation, job), before)
    assert {name: process.pid for name, process in federation.processes.items()} == pids


def _maker(federation: Federation, job: str, index: int) -> str:
    with federation.client("customer") as client:
        return str(client.job(job)["assignments"][index]["provider"])
