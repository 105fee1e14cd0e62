"""Stories of proposals, rule packs and pauses: short, told from the beginning each time, and checked at every step.

OpenZeppelin's governor is not modelled here; what is claimed is which stage follows which, and that nothing else is let
through on the way.
"""

from collections import Counter
from dataclasses import replace
from random import Random

from governance.proposals import Proposal
from ledger.governor import Choice, Filed, Stage
from ledger.types import Transaction
from protocol.membership import CUSTOMER as AS_CUSTOMER
from protocol.units import BasisPoints
from tests.contracts.assembly import close, file, standing, vote
from tests.contracts.federation import (
    NOTICE,
    OTHER_SHOP,
    PACK,
    SHOP,
    STRANGER,
    VOTE_CAP,
    Scene,
    address,
    join,
)

SMALL = tuple(address(0xB000 + number) for number in range(8))
BIG = address(0xB100)
WEEK = 7 * 24 * 3600

EDGES = frozenset(
    {
        "proposal: none -> pending by Propose",
        "proposal: pending -> canceled by Cancel",
        "proposal: pending -> active by time",
        "proposal: active -> succeeded by time",
        "proposal: active -> defeated by time",
        "proposal: succeeded -> queued by Queue",
        "proposal: queued -> executed by Execute",
        "rules: in force -> under notice by Execute",
        "rules: under notice -> in force by time",
        "pause: none -> called by CallPause",
        "pause: called -> called by CallPause",
        "pause: called -> none by time",
        "pause: called -> paused by CallPause",
        "pause: none -> paused by CallPause",
        "pause: paused -> none by time",
    }
)
"""All there are."""


def gather(scene: Scene) -> None:
    """Members with little and with much to say."""
    for member in SMALL:
        join(scene, member, AS_CUSTOMER)
    join(scene, BIG, AS_CUSTOMER, stake=VOTE_CAP)


def run(scene: Scene, enough: int, *, first: int = 0) -> Counter[str]:
    """How often each edge was taken, once each was taken ``enough`` times."""
    edges: Counter[str] = Counter()
    with scene.evm.undone():
        gather(scene)
        for number in range(enough):
            luck = Random(first + number)
            for fate in (Stage.CANCELED, Stage.DEFEATED, Stage.EXECUTED):
                with scene.evm.undone():
                    edges.update(propose(scene, fate, luck))
            for lonely in (True, False):
                with scene.evm.undone():
                    edges.update(pause(scene, luck, lonely=lonely))
    assert edges.keys() == EDGES
    return edges


def propose(scene: Scene, fate: Stage, luck: Random) -> Counter[str]:
    """One proposal, from its filing to ``fate``; on the way everything is tried that is not its time yet."""
    fee = BasisPoints(luck.randint(0, 1000))
    filed = file(scene, Proposal(reason="why not", pack=replace(PACK, version=2, fee=fee)))
    edges = Counter(["proposal: none -> pending by Propose"])
    _only(scene, filed, Stage.PENDING)
    if fate is Stage.CANCELED:
        scene.evm.send(SHOP, scene.contracts.governor.cancel(filed))
        _only(scene, filed, Stage.CANCELED)
        return edges + Counter(["proposal: pending -> canceled by Cancel"])
    favour = fate is Stage.EXECUTED
    vote(scene, filed, (BIG, Choice.FOR if favour else Choice.AGAINST))
    edges.update(["proposal: pending -> active by time"])
    _only(scene, filed, Stage.ACTIVE)
    for member in luck.sample(SMALL, luck.randint(0, 3)):
        vote(scene, filed, (member, Choice.ABSTAIN if favour else luck.choice((Choice.AGAINST, Choice.ABSTAIN))))
    ended = close(scene, filed).stage
    assert ended is (Stage.SUCCEEDED if favour else Stage.DEFEATED)
    edges.update([f"proposal: active -> {ended.name.lower()} by time"])
    _only(scene, filed, ended)
    return edges + (_carry(scene, filed, fee) if favour else Counter())


def _carry(scene: Scene, filed: Filed, fee: BasisPoints) -> Counter[str]:
    governor, rules = scene.contracts.governor, scene.contracts.rules
    scene.evm.send(STRANGER, governor.queue(filed))
    _only(scene, filed, Stage.QUEUED)
    scene.evm.wait_until(standing(scene, filed).eta)
    scene.evm.send(STRANGER, governor.execute(filed))
    _only(scene, filed, Stage.EXECUTED)
    assert rules.pack(scene.evm) == PACK
    scene.evm.wait_until(scene.evm.now + NOTICE)
    assert rules.pack(scene.evm) == replace(PACK, version=2, fee=fee)
    return Counter(
        (
            "proposal: succeeded -> queued by Queue",
            "proposal: queued -> executed by Execute",
            "rules: in force -> under notice by Execute",
            "rules: under notice -> in force by time",
        )
    )


def _only(scene: Scene, filed: Filed, stage: Stage) -> None:
    """G2, G5 and G6: the proposal is there, and only what leads on from there is let through."""
    assert standing(scene, filed).stage is stage
    governor = scene.contracts.governor
    attempts: dict[Stage, Transaction] = {
        Stage.ACTIVE: governor.vote(filed.id, Choice.FOR),
        Stage.SUCCEEDED: governor.queue(filed),
        Stage.QUEUED: governor.execute(filed),
    }
    for allowed, attempt in attempts.items():
        early = allowed is not Stage.QUEUED or stage is not Stage.SUCCEEDED
        if allowed is not stage and early:
            assert scene.refused(OTHER_SHOP, attempt) == "GovernorUnexpectedProposalState"


def pause(scene: Scene, luck: Random, *, lonely: bool) -> Counter[str]:
    """The brake is pulled by one big member, or by small ones together, once in vain."""
    rules, evm = scene.contracts.rules, scene.evm
    evm.wait_until(evm.now + 1)
    edges: Counter[str] = Counter()
    if lonely:
        evm.send(BIG, rules.call_pause())
        edges.update(["pause: none -> paused by CallPause"])
    else:
        members = luck.sample(SMALL, 5)
        for member, edge in (
            (members[0], "none -> called by CallPause"),
            (members[1], "called -> called by CallPause"),
        ):
            evm.send(member, rules.call_pause())
            edges.update([f"pause: {edge}"])
            assert rules.paused_until(evm) == 0
        evm.wait_until(evm.now + WEEK + luck.randint(1, WEEK))
        edges.update(["pause: called -> none by time"])
        for member in members[2:4]:
            assert rules.paused_until(evm) == 0
            evm.send(member, rules.call_pause())
        evm.send(BIG, rules.call_pause())
        edges.update(["pause: called -> paused by CallPause"])
    until = rules.paused_until(evm)
    assert until == evm.now + WEEK
    assert scene.refused(SHOP, rules.call_pause()) == "Resting"
    evm.wait_until(until)
    scene.open()
    edges.update(["pause: paused -> none by time"])
    return edges
