"""Proposals on the contracts: file, vote, queue and execute at the right times."""

from dataclasses import replace

from governance.proposals import Proposal, actions_of, write_proposal
from ledger.governor import Choice, Filed, Stage, Standing
from ledger.types import Transaction
from protocol.ids import Address
from protocol.units import BasisPoints
from tests.contracts.federation import OTHER_SHOP, PACK, SHOP, TERMS, Scene

DEARER = Proposal(reason="The commons need a test bench.", pack=replace(PACK, version=2, fee=BasisPoints(200)))


def file(scene: Scene, proposal: Proposal = DEARER, *, by: Address = SHOP) -> Filed:
    """File ``proposal``; what the chain announces."""
    contracts = scene.contracts
    actions = actions_of(proposal, contracts.rules, contracts.treasury)
    return file_actions(scene, actions, write_proposal(proposal), by=by)


def file_actions(scene: Scene, actions: tuple[Transaction, ...], text: str, *, by: Address = SHOP) -> Filed:
    scene.evm.wait_until(scene.evm.now + 1)  # votes count from the second after they were bonded
    logs = scene.evm.send(by, scene.contracts.governor.propose(actions, text))
    (filed,) = [event for log in logs if isinstance(event := scene.contracts.governor.decode(log), Filed)]
    return filed


def vote(scene: Scene, filed: Filed, *votes: tuple[Address, Choice]) -> None:
    """Wait for the vote and cast these."""
    scene.evm.wait_until(max(scene.evm.now, filed.start + 1))
    for voter, choice in votes:
        scene.evm.send(voter, scene.contracts.governor.vote(filed.id, choice))


def close(scene: Scene, filed: Filed) -> Standing:
    """Wait for the end of the vote."""
    scene.evm.wait_until(max(scene.evm.now, standing(scene, filed).end + 1))
    return standing(scene, filed)


def standing(scene: Scene, filed: Filed) -> Standing:
    return scene.contracts.governor.standing(scene.evm, filed)


def succeed(scene: Scene, filed: Filed) -> None:
    """Everybody agrees."""
    vote(scene, filed, (SHOP, Choice.FOR), (OTHER_SHOP, Choice.FOR))
    assert close(scene, filed).stage is Stage.SUCCEEDED


def queue(scene: Scene, filed: Filed, *, by: Address) -> None:
    scene.evm.send(by, scene.contracts.governor.queue(filed))
    assert standing(scene, filed).eta == scene.evm.now + TERMS.timelock


def carry(scene: Scene, filed: Filed, *, by: Address) -> None:
    """All of it, from the vote to the execution."""
    succeed(scene, filed)
    queue(scene, filed, by=by)
    scene.evm.wait_until(standing(scene, filed).eta)
    scene.evm.send(by, scene.contracts.governor.execute(filed))
    assert standing(scene, filed).stage is Stage.EXECUTED
