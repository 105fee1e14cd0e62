"""The rule pack: only the governor changes it, one version at a time, within bounds that nobody changes, after notice.

And the brake: a fifth of the votes stops new orders for a week, and nothing else.
"""

from dataclasses import replace

import pytest

from ledger.bindings import rules as abi
from ledger.deployment import bytecode
from ledger.errors import RevertedError
from ledger.rules import values_of
from ledger.types import Creation, Transaction
from protocol.ids import JobId
from protocol.membership import PROVIDER
from protocol.rules import RulePack
from tests.contracts.federation import (
    BOND,
    CUSTOMER,
    DEPLOYER,
    EVIDENCE,
    GOVERNOR,
    JOB,
    NOTICE,
    OTHER_SHOP,
    PACK,
    SHOP,
    STRANGER,
    TREASURY,
    Scene,
    address,
    join,
    word,
)

OTHER_JOB = JobId(word("other job"))

NEXT = replace(PACK, version=2)
DAY = 24 * 3600
CREATES_WHAT_IT_IS_SENT = bytes.fromhex("6009600a5f3960095ff3" + "365f5f37365f5ff000")
"""Init code of a contract that creates a contract of what it is called with."""


def in_force(scene: Scene, pack: RulePack) -> None:
    """Adopt ``pack`` and wait until it is in force."""
    scene.send(GOVERNOR, scene.contracts.rules.adopt(pack))
    _, effective = scene.contracts.rules.latest(scene.evm)
    scene.evm.wait_until(effective)


def test_the_first_pack_is_in_force_from_the_start(scene: Scene) -> None:
    assert scene.contracts.rules.pack(scene.evm) == PACK


def creating(pack: RulePack) -> bytes:
    """Init code of rules that begin with ``pack``."""
    return bytecode("Rules") + abi.constructor_arguments(address(1), address(2), values_of(pack))


def test_the_first_pack_is_announced_and_in_force_at_once(scene: Scene) -> None:
    creator = scene.evm.create(DEPLOYER, Creation(payload=CREATES_WHAT_IT_IS_SENT))
    (log,) = scene.evm.send(STRANGER, Transaction(to=creator, payload=creating(PACK)))
    event = abi.adopted_event(log.topics, log.payload)
    assert (event.version, event.pack_hash, event.effective) == (1, PACK.digest, scene.evm.now)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"version": 0}, "WrongVersion"), ({"version": 2}, "WrongVersion"), ({"fee": 1001}, "OutOfBounds")],
)
def test_the_first_pack_is_number_one_and_within_the_bounds(scene: Scene, wrong: dict[str, int], error: str) -> None:
    with pytest.raises(RevertedError, match=error):
        scene.evm.create(DEPLOYER, Creation(payload=creating(replace(PACK, **wrong))))  # type: ignore[arg-type]


def test_the_contract_hashes_a_pack_as_peers_do(scene: Scene) -> None:
    rules = scene.contracts.rules
    for pack in (PACK, NEXT):
        assert abi.pack_hash_result(scene.evm.call(rules.address, abi.pack_hash_call())) == pack.digest
        if pack is PACK:
            in_force(scene, NEXT)


def test_an_adopted_pack_is_announced_and_in_force_after_the_notice_of_the_one_before(scene: Scene) -> None:
    rules, adopted = scene.contracts.rules, scene.evm.now
    (log,) = scene.evm.send(GOVERNOR, rules.adopt(NEXT))
    event = abi.adopted_event(log.topics, log.payload)
    assert (event.version, event.pack_hash, event.effective) == (2, NEXT.digest, adopted + NOTICE)
    assert rules.latest(scene.evm) == (NEXT, adopted + NOTICE)
    scene.evm.wait_until(adopted + NOTICE - 1)
    assert rules.pack(scene.evm) == PACK
    assert scene.refused(GOVERNOR, rules.adopt(replace(NEXT, version=3))) == "UnderNotice"
    scene.open()
    scene.evm.wait_until(adopted + NOTICE)
    assert rules.pack(scene.evm) == NEXT
    assert scene.refused(CUSTOMER, scene.opening(job=OTHER_JOB)) == "WrongPack"
    scene.send(CUSTOMER, scene.opening(job=OTHER_JOB, pack=NEXT.digest))


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
    "max_hour": (0, 10**9),
    "bid_bond": (0, 10**8),
    "dispute_fee": (0, 10**8),
    "notice": (0, 30 * DAY),
    "premium": (0, 5000),
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
    in_force(scene, pack(least, 2))
    in_force(scene, pack(most, 3))


def test_a_fifth_of_the_votes_pauses_new_orders_for_a_week_and_no_exit(scene: Scene) -> None:
    rules = scene.contracts.rules
    scene.open()
    scene.award(300, 400)
    scene.evm.wait_until(scene.evm.now + 1)
    (log,) = scene.evm.send(SHOP, rules.call_pause())[1:]
    until = abi.paused_event(log.topics, log.payload).until
    assert rules.paused_until(scene.evm) == until == scene.evm.now + 7 * DAY
    assert scene.refused(CUSTOMER, scene.opening(job=OTHER_JOB)) == "NewOrdersPaused"
    scene.accept(0)
    scene.send(SHOP, scene.contracts.orders.attest(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, scene.contracts.orders.approve(JOB, 0))
    scene.send(SHOP, scene.contracts.orders.withdraw())
    scene.evm.wait_until(until)
    scene.send(CUSTOMER, scene.opening(job=OTHER_JOB))


def test_after_a_pause_there_is_none_for_a_month(scene: Scene) -> None:
    rules = scene.contracts.rules
    scene.evm.wait_until(scene.evm.now + 1)
    scene.evm.send(SHOP, rules.call_pause())
    until = rules.paused_until(scene.evm)
    for moment in (scene.evm.now, until, until + 30 * DAY - 1):
        scene.evm.wait_until(moment)
        refusal = scene.refusal(OTHER_SHOP, rules.call_pause())
        assert (refusal.name, refusal.arguments) == ("Resting", (until + 30 * DAY,))
    scene.evm.wait_until(until + 30 * DAY)
    scene.evm.send(OTHER_SHOP, rules.call_pause())
    assert rules.paused_until(scene.evm) == scene.evm.now + 7 * DAY


def test_who_had_no_votes_when_the_call_began_has_no_say_in_it(scene: Scene) -> None:
    assert scene.refused(STRANGER, scene.contracts.rules.call_pause()) == "NoVotes"
    join(scene, STRANGER, PROVIDER)
    assert scene.refused(STRANGER, scene.contracts.rules.call_pause()) == "NoVotes"


def test_a_small_member_alone_pauses_nothing_and_others_may_join_within_a_week(scene: Scene) -> None:
    rules, evm = scene.contracts.rules, scene.evm
    small = [address(0xC000 + number) for number in range(9)]
    for member in small:
        join(scene, member, PROVIDER)
    evm.wait_until(evm.now + 1)
    began = evm.now
    for member in small[:2]:
        (log,) = evm.send(member, rules.call_pause())
        assert abi.pause_called_event(log.topics, log.payload).needed == -(-11 * BOND // 5)
        assert scene.refused(member, rules.call_pause()) == "AlreadyJoined"
    assert rules.paused_until(evm) == 0
    with evm.undone():
        evm.wait_until(began + 7 * DAY)
        evm.send(small[2], rules.call_pause())
        assert rules.paused_until(evm) == evm.now + 7 * DAY
    evm.wait_until(began + 7 * DAY + 1)
    evm.send(small[2], rules.call_pause())
    assert rules.paused_until(evm) == 0


def test_exactly_a_fifth_of_the_votes_is_enough(scene: Scene) -> None:
    rules, evm = scene.contracts.rules, scene.evm
    small = [address(0xC000 + number) for number in range(8)]
    for member in small:
        join(scene, member, PROVIDER)
    evm.wait_until(evm.now + 1)
    evm.send(small[0], rules.call_pause())
    assert rules.paused_until(evm) == 0
    log = evm.send(small[1], rules.call_pause())[0]
    called = abi.pause_called_event(log.topics, log.payload)
    assert called.needed == called.joined == 2 * BOND
    assert rules.paused_until(evm) == evm.now + 7 * DAY


def test_the_terms_of_the_brake_can_be_read(scene: Scene) -> None:
    def ask(name: str) -> int:
        call, result = getattr(abi, f"{name}_call"), getattr(abi, f"{name}_result")
        return int(result(scene.evm.call(scene.contracts.rules.address, call())))

    assert (ask("pause"), ask("rest"), ask("pause_share_bps")) == (7 * DAY, 30 * DAY, 2000)
