"""The bounds here are the contract's."""

from dataclasses import fields

import pytest

from governance.bounds import PARAMETERS, Parameter, amount, duration, percent
from ledger.bindings import rules as abi
from ledger.deployment import bytecode, created_at
from ledger.errors import RevertedError
from ledger.rules import Rules, values_of
from ledger.types import Creation
from protocol.rules import RulePack
from tests.contracts.evm import Evm, fresh
from tests.contracts.federation import address
from tests.unit.governance.examples import PACK, pack

GOVERNOR, DEPLOYER, VOTES = address(0xB001), address(0xB002), address(0xB004)
RULES = Rules(created_at(DEPLOYER, 0))


@pytest.fixture(scope="module")
def evm() -> Evm:
    chain = fresh()
    creation = Creation(payload=bytecode("Rules") + abi.constructor_arguments(GOVERNOR, VOTES, values_of(PACK)))
    assert chain.create(DEPLOYER, creation) == RULES.address
    return chain


def adopt(evm: Evm, parameter: Parameter, value: int) -> None:
    """Adopt a pack with ``value`` for a moment."""
    proposed = pack(**{parameter.name: value})
    with evm.undone():
        evm.send(GOVERNOR, RULES.adopt(proposed))
        evm.wait_until(evm.now + PACK.notice)
        assert RULES.pack(evm) == proposed


def test_every_value_of_a_pack_but_its_version_is_a_parameter() -> None:
    assert ["version", *(parameter.name for parameter in PARAMETERS)] == [field.name for field in fields(RulePack)]


BOUNDED_BY_THE_CONTRACT = [parameter for parameter in PARAMETERS if parameter.name != "processes"]
"""The contract does not know the process tree: a bit of no process allows nothing."""


@pytest.mark.parametrize("parameter", BOUNDED_BY_THE_CONTRACT, ids=lambda parameter: parameter.name)
def test_the_contract_adopts_up_to_each_bound_and_not_beyond(evm: Evm, parameter: Parameter) -> None:
    adopt(evm, parameter, parameter.least)
    adopt(evm, parameter, parameter.most)
    for value in {parameter.most + 1, max(0, parameter.least - 1)} - {parameter.least}:
        with pytest.raises(RevertedError) as refused:
            adopt(evm, parameter, value)
        assert refused.value.name == "OutOfBounds"
        assert refused.value.arguments == (value, parameter.least, parameter.most)


def test_values_are_shown_with_their_units() -> None:
    assert [percent(150), percent(1), percent(0)] == ["1.50 %", "0.01 %", "0.00 %"]
    assert [duration(s) for s in (45, 120, 7_200, 172_800, 90)] == ["45 s", "2 min", "2 h", "2 d", "90 s"]
    assert [amount(123_456_789), amount(-5), amount(0)] == ["1,234,567.89", "-0.05", "0.00"]
