"""The assembly: only what the members carried is done, once, after its wait, with votes as they were when it began.

Numbers in names are those of the governance invariants: G1 only the timelock writes rules; G2 executed means succeeded
and waited; G3 votes are those of the snapshot; G5 and G6 dead proposals stay dead, done ones are done once; G8 nobody
else ever holds power.
"""

from dataclasses import replace

import pytest
from eth_utils.crypto import keccak

from governance.proposals import Proposal, read_filed
from ledger.bindings import guild_governor
from ledger.bindings import timelock as abi
from ledger.governor import Cast, Choice, Stage, proposal_id
from ledger.types import Transaction
from protocol.ids import Address
from protocol.membership import CUSTOMER as CUSTOMERS
from protocol.membership import PROVIDER
from protocol.units import BasisPoints, Cents
from tests.contracts.assembly import DEARER, carry, close, file, file_actions, queue, standing, succeed, vote
from tests.contracts.federation import (
    BOND,
    CUSTOMER,
    DEPLOYER,
    GOVERNOR,
    NOTICE,
    OTHER_SHOP,
    PACK,
    SHOP,
    STRANGER,
    TERMS,
    VOTE_CAP,
    Scene,
    address,
    join,
)

FOR, AGAINST, ABSTAIN = Choice.FOR, Choice.AGAINST, Choice.ABSTAIN


def test_a_rule_change_goes_its_way_from_the_text_to_the_rules_in_force(scene: Scene) -> None:
    contracts = scene.contracts
    filed = file(scene)
    assert read_filed(filed, PACK, contracts.rules, contracts.treasury) == DEARER
    assert (filed.proposer, filed.start, filed.end) == (
        SHOP,
        scene.evm.now + TERMS.delay,
        scene.evm.now + TERMS.delay + TERMS.period,
    )
    assert standing(scene, filed).stage is Stage.PENDING
    vote(scene, filed, (SHOP, FOR))
    now = standing(scene, filed)
    assert (now.stage, now.favour, now.against, now.quorum) == (Stage.ACTIVE, BOND, 0, 2 * BOND * TERMS.quorum // 100)
    assert close(scene, filed).stage is Stage.SUCCEEDED
    queue(scene, filed, by=STRANGER)
    scene.evm.wait_until(standing(scene, filed).eta)
    scene.evm.send(STRANGER, contracts.governor.execute(filed))
    assert contracts.rules.pack(scene.evm) == PACK
    scene.evm.wait_until(scene.evm.now + NOTICE)
    assert contracts.rules.pack(scene.evm) == DEARER.pack


def test_the_number_of_a_proposal_is_computed_as_the_contract_does(scene: Scene) -> None:
    filed = file(scene)
    (log,) = scene.evm.send(SHOP, scene.contracts.governor.cancel(filed))
    assert int.from_bytes(log.payload[:32], "big") == filed.id == proposal_id(filed.actions, filed.description)


def test_a_vote_is_announced_with_its_weight_and_reason(scene: Scene) -> None:
    filed = file(scene)
    vote(scene, filed)
    (log,) = scene.evm.send(SHOP, scene.contracts.governor.vote(filed.id, ABSTAIN, "no opinion"))
    assert scene.contracts.governor.decode(log) == Cast(
        proposal=filed.id, voter=SHOP, choice=ABSTAIN, weight=BOND, reason="no opinion"
    )
    assert scene.contracts.governor.has_voted(scene.evm, filed.id, SHOP)
    assert scene.refused(SHOP, scene.contracts.governor.vote(filed.id, FOR)) == "GovernorAlreadyCastVote"


@pytest.mark.parametrize("proposer", [CUSTOMER, STRANGER, DEPLOYER])
def test_who_has_too_few_votes_proposes_nothing(scene: Scene, proposer: Address) -> None:
    governor = scene.contracts.governor
    scene.evm.wait_until(scene.evm.now + 1)
    adopt = scene.contracts.rules.adopt(replace(PACK, version=2))
    assert scene.refused(proposer, governor.propose([adopt], "x")) == "GovernorInsufficientProposerVotes"


@pytest.mark.parametrize(
    ("votes", "stage"),
    [
        ((), Stage.DEFEATED),
        (((SHOP, FOR),), Stage.SUCCEEDED),
        (((SHOP, AGAINST),), Stage.DEFEATED),
        (((SHOP, FOR), (OTHER_SHOP, AGAINST)), Stage.DEFEATED),
        (((SHOP, FOR), (OTHER_SHOP, ABSTAIN)), Stage.SUCCEEDED),
        (((SHOP, ABSTAIN), (OTHER_SHOP, ABSTAIN)), Stage.DEFEATED),
    ],
)
def test_more_for_than_against_and_a_quorum_carry_a_proposal(
    scene: Scene, votes: tuple[tuple[Address, Choice], ...], stage: Stage
) -> None:
    filed = file(scene)
    vote(scene, filed, *votes)
    assert close(scene, filed).stage is stage


def test_one_small_member_is_no_quorum(scene: Scene) -> None:
    for number in range(3):
        join(scene, address(0xC000 + number), PROVIDER, stake=VOTE_CAP)
    filed = file(scene)
    vote(scene, filed, (SHOP, FOR))
    assert close(scene, filed).stage is Stage.DEFEATED


def test_g3_votes_are_those_of_the_snapshot(scene: Scene) -> None:
    governor, members, token = scene.contracts.governor, scene.contracts.members, scene.contracts.token
    join(scene, STRANGER, CUSTOMERS)
    filed = file(scene)
    scene.evm.wait_until(filed.start + 1)
    scene.evm.send(DEPLOYER, token.transfer(SHOP, Cents(BOND)))
    scene.evm.send(SHOP, token.approve(members.address, Cents(BOND)))
    scene.evm.send(SHOP, members.bond(Cents(BOND)))
    scene.evm.send(STRANGER, members.revoke())
    scene.evm.send(SHOP, governor.vote(filed.id, AGAINST))
    scene.evm.send(STRANGER, governor.vote(filed.id, FOR))
    now = standing(scene, filed)
    assert (now.against, now.favour) == (BOND, BOND)
    assert governor.power(scene.evm, SHOP) == 2 * BOND
    assert governor.power(scene.evm, SHOP, filed.start) == BOND
    assert governor.power(scene.evm, STRANGER) == 0


def test_a_late_quorum_leaves_time_to_answer(scene: Scene) -> None:
    filed = file(scene)
    scene.evm.wait_until(filed.end - 1)
    scene.evm.send(SHOP, scene.contracts.governor.vote(filed.id, FOR))
    assert standing(scene, filed).end == scene.evm.now + TERMS.extension > filed.end


def test_g2_nothing_is_done_before_it_succeeded_was_queued_and_waited(scene: Scene) -> None:
    governor = scene.contracts.governor
    filed = file(scene)
    for reach in (lambda: None, lambda: vote(scene, filed, (SHOP, FOR))):
        reach()
        assert scene.refused(STRANGER, governor.queue(filed)) == "GovernorUnexpectedProposalState"
        assert scene.refused(STRANGER, governor.execute(filed)) == "GovernorUnexpectedProposalState"
    close(scene, filed)
    assert scene.refused(STRANGER, governor.execute(filed)) == "GovernorUnexpectedProposalState"
    queue(scene, filed, by=STRANGER)
    scene.evm.wait_until(standing(scene, filed).eta - 1)
    assert scene.refused(STRANGER, governor.execute(filed)) == "TimelockUnexpectedOperationState"
    scene.evm.wait_until(scene.evm.now + 1)
    scene.evm.send(STRANGER, governor.execute(filed))


def test_g6_what_is_done_is_not_done_again(scene: Scene) -> None:
    filed = file(scene)
    carry(scene, filed, by=STRANGER)
    for again in (scene.contracts.governor.execute(filed), scene.contracts.governor.queue(filed)):
        assert scene.refused(SHOP, again) == "GovernorUnexpectedProposalState"
    refiled = scene.contracts.governor.propose(filed.actions, filed.description)
    assert scene.refused(SHOP, refiled) == "GovernorUnexpectedProposalState"


@pytest.mark.parametrize("fate", ["defeated", "taken back"])
def test_g5_what_died_is_never_done(scene: Scene, fate: str) -> None:
    governor = scene.contracts.governor
    filed = file(scene)
    if fate == "defeated":
        vote(scene, filed, (SHOP, AGAINST))
        assert close(scene, filed).stage is Stage.DEFEATED
    else:
        assert scene.refused(OTHER_SHOP, governor.cancel(filed)) == "GovernorUnableToCancel"
        scene.evm.send(SHOP, governor.cancel(filed))
        assert standing(scene, filed).stage is Stage.CANCELED
    for moment in (scene.evm.now, scene.evm.now + 365 * 86_400):
        scene.evm.wait_until(moment)
        for act in (governor.queue(filed), governor.execute(filed)):
            assert scene.refused(SHOP, act) == "GovernorUnexpectedProposalState"
    assert scene.contracts.rules.pack(scene.evm) == PACK


def test_a_proposer_cannot_take_back_what_is_being_voted_on(scene: Scene) -> None:
    filed = file(scene)
    vote(scene, filed)
    assert scene.refused(SHOP, scene.contracts.governor.cancel(filed)) == "GovernorUnableToCancel"


def test_of_two_proposals_for_one_version_the_second_fails_whole(scene: Scene) -> None:
    first = file(scene)
    second = file(scene, Proposal(reason="half", pack=replace(PACK, version=2, fee=BasisPoints(75))), by=OTHER_SHOP)
    vote(scene, first, (SHOP, FOR))
    vote(scene, second, (SHOP, FOR))
    close(scene, second)
    for filed in (first, second):
        queue(scene, filed, by=STRANGER)
    scene.evm.wait_until(scene.evm.now + TERMS.timelock)
    scene.evm.send(STRANGER, scene.contracts.governor.execute(first))
    assert scene.refused(STRANGER, scene.contracts.governor.execute(second)) == "UnderNotice"
    scene.evm.wait_until(scene.evm.now + NOTICE)
    assert scene.refused(STRANGER, scene.contracts.governor.execute(second)) == "WrongVersion"
    assert scene.contracts.rules.pack(scene.evm) == DEARER.pack


def _role(name: str) -> bytes:
    return keccak(text=name)


def test_g8_nobody_but_the_governor_and_the_timelock_itself_holds_a_role(scene: Scene) -> None:
    timelock, governor = scene.contracts.timelock, scene.contracts.governor.address
    everybody = (DEPLOYER, CUSTOMER, SHOP, OTHER_SHOP, STRANGER, address(0), timelock, governor)
    holders = {
        "": timelock,
        "PROPOSER_ROLE": governor,
        "EXECUTOR_ROLE": governor,
        "CANCELLER_ROLE": governor,
    }
    for name, holder in holders.items():
        role = _role(name) if name else bytes(32)
        for account in everybody:
            found = abi.has_role_result(scene.evm.call(timelock, abi.has_role_call(role, account)))
            assert found == (account == holder), (name, account.hex())


@pytest.mark.parametrize("caller", [DEPLOYER, SHOP, STRANGER])
def test_g1_nobody_goes_past_the_assembly(scene: Scene, caller: Address) -> None:
    timelock, adopt = scene.contracts.timelock, scene.contracts.rules.adopt(replace(PACK, version=2))
    no_salt = (bytes(32), bytes(32))
    calls = ([adopt.to], [0], [adopt.payload])
    for payload in (
        abi.schedule_call(adopt.to, 0, adopt.payload, *no_salt, TERMS.timelock),
        abi.schedule_batch_call(*calls, *no_salt, TERMS.timelock),
        abi.execute_call(adopt.to, 0, adopt.payload, *no_salt),
        abi.execute_batch_call(*calls, *no_salt),
        abi.cancel_call(bytes(32)),
        abi.grant_role_call(_role("PROPOSER_ROLE"), caller),
        abi.revoke_role_call(_role("PROPOSER_ROLE"), scene.contracts.governor.address),
    ):
        assert scene.refused(caller, Transaction(to=timelock, payload=payload)) == "AccessControlUnauthorizedAccount"
    faster = Transaction(to=timelock, payload=abi.update_delay_call(0))
    assert scene.refused(caller, faster) == "TimelockUnauthorizedCaller"
    assert scene.refused(caller, adopt) == "NotGovernor"


def test_the_members_change_their_own_terms_by_the_same_way(scene: Scene) -> None:
    faster = Transaction(to=scene.contracts.timelock, payload=abi.update_delay_call(1))
    filed = file_actions(scene, (faster,), "shorter wait")
    carry(scene, filed, by=STRANGER)
    found = abi.get_min_delay_result(scene.evm.call(scene.contracts.timelock, abi.get_min_delay_call()))
    assert found == 1
    assert scene.refused(GOVERNOR, scene.contracts.rules.adopt(PACK)) == "WrongVersion"


def test_a_success_that_is_not_queued_can_still_be_queued_later(scene: Scene) -> None:
    filed = file(scene)
    succeed(scene, filed)
    scene.evm.wait_until(scene.evm.now + 30 * 86_400)
    queue(scene, filed, by=CUSTOMER)


def test_a_role_that_nobody_holds_cannot_be_given_up(scene: Scene) -> None:
    timelock, role = scene.contracts.timelock, _role("PROPOSER_ROLE")
    others = Transaction(to=timelock, payload=abi.renounce_role_call(role, scene.contracts.governor.address))
    assert scene.refused(STRANGER, others) == "AccessControlBadConfirmation"
    assert scene.evm.send(STRANGER, replace(others, payload=abi.renounce_role_call(role, STRANGER))) == ()


def test_the_terms_of_the_assembly_can_be_read(scene: Scene) -> None:
    def ask(name: str, *arguments: int) -> int:
        call, result = getattr(guild_governor, f"{name}_call"), getattr(guild_governor, f"{name}_result")
        return int(result(scene.evm.call(scene.contracts.governor.address, call(*arguments))))

    filed = file(scene)
    assert (ask("voting_delay"), ask("voting_period")) == (TERMS.delay, TERMS.period)
    assert (ask("proposal_threshold"), ask("late_quorum_vote_extension")) == (TERMS.threshold, TERMS.extension)
    assert ask("proposal_needs_queuing", filed.id) == 1


@pytest.mark.parametrize("caller", [DEPLOYER, SHOP, GOVERNOR])
def test_g1_nobody_changes_the_terms_of_the_assembly_but_the_assembly(scene: Scene, caller: Address) -> None:
    governor = scene.contracts.governor.address
    for payload in (
        guild_governor.set_voting_delay_call(1),
        guild_governor.set_voting_period_call(1),
        guild_governor.set_proposal_threshold_call(1),
        guild_governor.set_late_quorum_vote_extension_call(1),
        guild_governor.update_quorum_numerator_call(1),
        guild_governor.update_timelock_call(caller),
        guild_governor.relay_call(caller, 0, b""),
    ):
        # The timelock itself gets no further than its queue of approved calls, which is empty.
        refusal = "Panic" if caller == GOVERNOR else "GovernorOnlyExecutor"
        assert scene.refused(caller, Transaction(to=governor, payload=payload)) == refusal
