"""The deployment: contracts stand where the plan says on a real chain, and the file round-trips."""

import json
from dataclasses import replace

import pytest
from eth_tester import EthereumTester, PyEVMBackend  # type: ignore[import-untyped]

from ledger.bindings import disputes, members, passports, rules, settlement_token, treasury
from ledger.bindings import orders as abi
from ledger.contracts import contracts_at
from ledger.deployment import ORDER, Deployment, bytecode, plan, runtime_bytecode
from ledger.errors import RevertedError, UnavailableError
from ledger.members import Members
from ledger.types import Creation
from protocol.ids import Address
from tests.contracts.evm import fresh
from tests.contracts.federation import (
    COURT,
    CUSTOMER,
    DEPLOYER,
    GOVERNOR,
    MEMBERSHIP,
    PACK,
    TERMS,
    TREASURY,
    Scene,
    address,
)

ANSWERS_ONE = bytes.fromhex("6008600a5f3960085ff3" + "60015f5260205ff3")
"""Init code of a contract that answers every call with the word 1: a token that says yes and moves nothing."""


@pytest.mark.slow
@pytest.mark.parametrize("nonce", [0, 3])
def test_every_contract_stands_where_the_plan_says(nonce: int) -> None:
    tester = EthereumTester(PyEVMBackend())
    sender = tester.get_accounts()[0]
    for _ in range(nonce):
        tester.send_transaction({"from": sender, "to": sender, "gas": 21_000, "value": 0})
    planned = plan(
        Address(bytes.fromhex(sender[2:])),
        nonce,
        pack=PACK,
        membership=MEMBERSHIP,
        terms=TERMS,
    )
    for creation, expected in zip(planned.creations, planned.addresses.values(), strict=True):
        sent = tester.send_transaction({"from": sender, "gas": 6_000_000, "data": "0x" + creation.payload.hex()})
        receipt = tester.get_transaction_receipt(sent)
        assert receipt["status"] == 1
        assert receipt["contract_address"].lower() == "0x" + expected.hex()


def test_the_contracts_know_each_other(scene: Scene) -> None:
    orders = scene.contracts.orders.address

    def ask(name: str) -> bytes:
        call, result = getattr(abi, f"{name}_call"), getattr(abi, f"{name}_result")
        return bytes(result(scene.evm.call(orders, call())))

    assert ask("token") == scene.contracts.token.address
    assert ask("members") == scene.contracts.members.address
    assert ask("rules") == scene.contracts.rules.address
    assert ask("treasury") == TREASURY
    assert ask("court") == COURT == scene.contracts.disputes.address
    assert disputes.orders_result(scene.evm.call(COURT, disputes.orders_call())) == orders
    assert disputes.members_result(scene.evm.call(COURT, disputes.members_call())) == scene.contracts.members.address
    court = members.court_result(scene.evm.call(scene.contracts.members.address, members.court_call()))
    assert court == COURT
    fund, packs, parts = TREASURY, scene.contracts.rules.address, scene.contracts.passports.address
    assert treasury.governor_result(scene.evm.call(fund, treasury.governor_call())) == GOVERNOR
    assert rules.governor_result(scene.evm.call(packs, rules.governor_call())) == GOVERNOR
    assert rules.votes_result(scene.evm.call(packs, rules.votes_call())) == scene.contracts.members.address
    assert passports.designs_result(scene.evm.call(parts, passports.designs_call())) == scene.contracts.designs.address


def test_the_token_counts_cents_and_its_supply_is_the_deployers(scene: Scene) -> None:
    token = scene.contracts.token.address
    assert settlement_token.decimals_result(scene.evm.call(token, settlement_token.decimals_call())) == 2
    total = settlement_token.total_supply_result(scene.evm.call(token, settlement_token.total_supply_call()))
    bonds = scene.balance(scene.contracts.members.address)
    assert total == scene.balance(DEPLOYER) + scene.balance(CUSTOMER) + bonds


def test_a_deployment_survives_its_file() -> None:
    deployment = plan(DEPLOYER, 7, pack=PACK, membership=MEMBERSHIP, terms=TERMS).deployment(31337, 12)
    assert Deployment.from_json(deployment.to_json()) == deployment
    assert json.loads(deployment.to_json())["orders"] == "0x" + deployment.orders.hex()
    assert contracts_at(deployment).block == 12


@pytest.mark.parametrize("name", ORDER)
def test_every_contract_fits_into_the_size_limit(name: str) -> None:
    assert 0 < len(runtime_bytecode(name)) < 20_000


def _orders(token: Address, treasury: Address) -> Creation:
    arguments = abi.constructor_arguments(token, address(2), address(3), COURT, treasury)
    return Creation(payload=bytecode("Orders") + arguments)


def test_orders_need_a_treasury() -> None:
    with pytest.raises(RevertedError, match="ZeroTreasury"):
        fresh().create(DEPLOYER, _orders(address(1), Address(bytes(20))))


def test_a_token_that_moves_less_than_it_says_opens_no_order(scene: Scene) -> None:
    liar = scene.evm.create(DEPLOYER, Creation(payload=ANSWERS_ONE))
    members, rules = scene.contracts.members.address, scene.contracts.rules.address
    payload = bytecode("Orders") + abi.constructor_arguments(liar, rules, members, COURT, TREASURY)
    orders = scene.evm.create(DEPLOYER, Creation(payload=payload))
    assert scene.refused(CUSTOMER, replace(scene.opening(), to=orders)) == "ShortTransfer"


def test_an_address_without_a_contract_is_the_environments_fault(scene: Scene) -> None:
    with pytest.raises(UnavailableError):
        Members(address(0xDEAD)).member(scene.evm, CUSTOMER)
