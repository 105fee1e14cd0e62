"""The rule pack: only the governor changes it, one version at a time, within bounds that nobody changes."""

from dataclasses import replace

import pytest

from ledger.bindings import rules as abi
from protocol.rules import RulePack
from tests.contracts.federation import DEPLOYER, GOVERNOR, PACK, STRANGER, TREASURY, Scene

NEXT = replace(PACK, version=2)
DAY = 24 * 3600


def test_the_first_pack_is_in_force_from_the_start(scene: Scene) -> None:
    assert scene.contracts.rules.pack(scene.evm) == PACK


def test_the_contract_hashes_a_pack_as_peers_do(scene: Scene) -> None:
    rules = scene.contracts.rules
    for pack in (PACK, NEXT):
        assert abi.pack_hash_result(scene.evm.call(rules.address, abi.pack_hash_call())) == pack.digest
        if pack is PACK:
            scene.send(GOVERNOR, rules.adopt(NEXT))


def test_an_adopted_pack_is_announced_with_its_version_and_hash(scene: Scene) -> None:
    (log,) = scene.evm.send(GOVERNOR, scene.contracts.rules.adopt(NEXT))
    event = abi.adopted_event(log.topics, log.payload)
    assert (event.version, event.pack_hash) == (2, NEXT.digest)
    assert scene.contracts.rules.pack(scene.evm) == NEXT


@pytest.mark.parametrize("caller", [DEPLOYER, TREASURY, STRANGER])
def test_nobody_but_the_governor_adopts(scene: Scene, caller: bytes) -> None:
    assert scene.refused(caller, scene.contracts.rules.adopt(NEXT)) == "NotGovernor"  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [0, 1, 3])
def test_the_version_rises_by_exactly_one(scene: Scene, version: int) -> None:
    assert scene.refused(GOVERNOR, scene.contracts.rules.adopt(replace(PACK, version=version))) == "WrongVersion"


BOUNDS = {
    "fee": (0, 1000),
    "min_commit": (1, 90 * DAY),
    "min_reveal": (1, 90 * DAY),
    "review": (1, 90 * DAY),
    "dispute": (1, 90 * DAY),
    "max_budget": (0, 10**12),
    "carbon": (0, 10**7),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_every_value_is_bounded_with_both_ends_included(scene: Scene, name: str) -> None:
    def pack(value: int, version: int) -> RulePack:
        return replace(PACK, version=version, **{name: value})  # type: ignore[arg-type]

    least, most = BOUNDS[name]
    rules = scene.contracts.rules
    if least:
        assert scene.refused(GOVERNOR, rules.adopt(pack(least - 1, 2))) == "OutOfBounds"
    assert scene.refused(GOVERNOR, rules.adopt(pack(most + 1, 2))) == "OutOfBounds"
    scene.send(GOVERNOR, rules.adopt(pack(least, 2)))
    scene.send(GOVERNOR, rules.adopt(pack(most, 3)))
