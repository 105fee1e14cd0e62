"""Disputes: settled, measured, judged or lapsed; who may move, by when, what it costs, and who is punished."""

from dataclasses import replace
from itertools import count

import pytest
from eth_account import Account

from ledger.bindings import disputes as abi
from ledger.bindings import members as members_abi
from ledger.disputes import (
    Decided,
    Disputes,
    Drawn,
    Equivocated,
    Inspection,
    Measured,
    Proposed,
    Summoned,
    VoteOpened,
    VoteSealed,
)
from ledger.types import Transaction
from protocol.ids import Address, Digest
from protocol.membership import AUDITOR, PROVIDER
from protocol.order import WorkState
from protocol.units import BasisPoints, Cents, Seconds
from tests.contracts.draw import DRAWS, draw
from tests.contracts.federation import (
    BOND,
    CUSTOMER,
    DEPLOYER,
    DISPUTE,
    DISPUTE_FEE,
    EVIDENCE,
    JOB,
    OTHER_SHOP,
    PACK,
    SHOP,
    STRANGER,
    TRANSCRIPT,
    TREASURY,
    Scene,
    address,
    join,
    word,
)

PRICE = 10_000
FEE = DISPUTE_FEE
QUARTER = DISPUTE // 4
JURORS = tuple(address(0xB000 + number) for number in range(4))
SALT = bytes(range(32))
KEY = b"k" * 32
INSPECTOR = Address(bytes.fromhex(Account.from_key(KEY).address[2:]))
CONFORMS = Inspection(job=JOB, index=0, round=0, milestone=0, evidence=EVIDENCE, conforms=True)
FAILS = replace(CONFORMS, conforms=False)


def court(scene: Scene) -> Disputes:
    return scene.contracts.disputes


def share(bps: int) -> BasisPoints:
    return BasisPoints(bps)


@pytest.fixture
def disputed(scene: Scene) -> Scene:
    """A milestone of 100.00 that the customer objects to, inspected by ``INSPECTOR``; both parties can pay a fee."""
    join(scene, INSPECTOR, PROVIDER)
    scene.open(budget=PRICE + 10)
    winners = [scene.winner(SHOP, PRICE, inspection=2), scene.winner(INSPECTOR, 10)]
    scene.send(CUSTOMER, scene.contracts.orders.award(JOB, TRANSCRIPT, winners))
    scene.accept(0, 1)
    for party in (CUSTOMER, SHOP):
        scene.send(DEPLOYER, scene.contracts.token.transfer(party, Cents(FEE)))
        scene.send(party, scene.contracts.token.approve(court(scene).address, Cents(FEE)))
    scene.send(SHOP, scene.contracts.orders.attest(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, scene.contracts.orders.dispute(JOB, 0, EVIDENCE))
    return scene


@pytest.fixture
def judged(disputed: Scene) -> Scene:
    """The same with a panel that the provider asked for; the fixture's auditors are all eligible."""
    for juror in JURORS:
        join(disputed, juror, AUDITOR)
    disputed.send(SHOP, court(disputed).summon(JOB, 0))
    disputed.evm.wait_until(disputed.evm.now + 2)
    disputed.send(STRANGER, court(disputed).draw(JOB, 0))
    return disputed


def panel(scene: Scene) -> list[Address]:
    return [juror.account for juror in court(scene).case(scene.evm, JOB, 0, round_=0, milestone=0).panel]


def seal(scene: Scene, juror: Address, bps: int, salt: bytes = SALT) -> Digest:
    return court(scene).vote_seal(JOB, 0, juror, share(bps), salt, round_=0, milestone=0)


def judge(scene: Scene, *shares: int | None) -> None:
    """Each juror seals and opens a vote; None seals nothing."""
    votes = [(juror, bps) for juror, bps in zip(panel(scene), shares, strict=True) if bps is not None]
    for juror, bps in votes:
        scene.send(juror, court(scene).vote(JOB, 0, seal(scene, juror, bps)))
    if len(votes) < 3:
        scene.evm.wait_until(scene.evm.now + 3 * QUARTER)
    for juror, bps in votes:
        scene.send(juror, court(scene).open_vote(JOB, 0, share(bps), SALT))


def close(scene: Scene) -> Decided:
    events = scene.send(STRANGER, court(scene).close(JOB, 0))
    (decided,) = (event for event in events if isinstance(event, Decided))
    return decided


def division(scene: Scene) -> tuple[int, int]:
    """What the order holds for provider and customer, the order's own fee added again."""
    return scene.credit(SHOP) + scene.credit(TREASURY), scene.credit(CUSTOMER)


def bond(scene: Scene, account: Address) -> int:
    return scene.contracts.members.stake(scene.evm, account).bond


def signed(scene: Scene, inspection: Inspection, key: bytes = KEY) -> bytes:
    digest = court(scene).inspection_digest(inspection)
    return bytes(Account.unsafe_sign_hash(digest, key).signature)


def test_a_case_ends_where_offer_and_demand_meet(disputed: Scene) -> None:
    assert disputed.send(CUSTOMER, court(disputed).propose(JOB, 0, share(3000))) == [
        Proposed(job=JOB, index=0, by=CUSTOMER, share=share(3000))
    ]
    disputed.send(SHOP, court(disputed).propose(JOB, 0, share(6000)))
    case = court(disputed).case(disputed.evm, JOB, 0, round_=0, milestone=0)
    assert (case.offered, case.asked, case.outcome) == (3000, 6000, "")
    events = disputed.send(CUSTOMER, court(disputed).propose(JOB, 0, share(7000)))
    assert Decided(job=JOB, index=0, outcome="settled", to_provider=Cents(6000), stake=Cents(PRICE)) in events
    assert division(disputed) == (6000, 4000)
    assert court(disputed).case(disputed.evm, JOB, 0, round_=0, milestone=0).outcome == "settled"


def test_a_provider_that_asks_for_less_than_was_offered_gets_the_offer(disputed: Scene) -> None:
    disputed.send(CUSTOMER, court(disputed).propose(JOB, 0, share(3000)))
    disputed.send(SHOP, court(disputed).propose(JOB, 0, share(2000)))
    assert division(disputed) == (3000, 7000)


@pytest.mark.parametrize(("who", "bps", "paid"), [(SHOP, 0, 0), (CUSTOMER, 10_000, PRICE)])
def test_either_party_can_give_in_alone(disputed: Scene, who: Address, bps: int, paid: int) -> None:
    disputed.send(who, court(disputed).propose(JOB, 0, share(bps)))
    assert division(disputed) == (paid, PRICE - paid)


def test_only_the_parties_propose_and_no_more_than_all(disputed: Scene) -> None:
    for caller in (OTHER_SHOP, STRANGER, INSPECTOR):
        assert disputed.refused(caller, court(disputed).propose(JOB, 0, share(5000))) == "NotParty"
    assert disputed.refused(SHOP, court(disputed).propose(JOB, 0, share(10_001))) == "BadShare"


def test_nothing_moves_without_a_dispute(scene: Scene) -> None:
    moves = court(scene)
    for move in (
        moves.propose(JOB, 0, share(1)),
        moves.measure(CONFORMS, b""),
        moves.summon(JOB, 0),
        moves.draw(JOB, 0),
        moves.vote(JOB, 0, word("seal")),
        moves.open_vote(JOB, 0, share(1), SALT),
        moves.close(JOB, 0),
    ):
        assert scene.refused(CUSTOMER, move) == "NotDisputed"


@pytest.mark.parametrize(("verdict", "paid"), [(CONFORMS, PRICE), (FAILS, 0)])
def test_a_signed_measurement_decides_without_a_panel(disputed: Scene, verdict: Inspection, paid: int) -> None:
    events = disputed.send(STRANGER, court(disputed).measure(verdict, signed(disputed, verdict)))
    assert events[:2] == [
        Measured(job=JOB, index=0, inspector=INSPECTOR, evidence=EVIDENCE, conforms=verdict.conforms),
        Decided(job=JOB, index=0, outcome="measured", to_provider=Cents(paid), stake=Cents(PRICE)),
    ]
    assert division(disputed) == (paid, PRICE - paid)


def test_an_inspection_has_the_digest_that_inspectors_sign(scene: Scene) -> None:
    answer = scene.evm.call(court(scene).address, abi.digest_of_call(CONFORMS.values()))
    assert abi.digest_of_result(answer) == court(scene).inspection_digest(CONFORMS)


def test_an_inspector_says_it_itself_without_a_signature(disputed: Scene) -> None:
    disputed.send(INSPECTOR, court(disputed).measure(FAILS, b""))
    assert division(disputed) == (0, PRICE)


@pytest.mark.parametrize(
    "forged",
    [
        replace(CONFORMS, conforms=False),
        replace(CONFORMS, evidence=word("other evidence")),
    ],
)
def test_a_verdict_that_the_inspector_did_not_sign_decides_nothing(disputed: Scene, forged: Inspection) -> None:
    genuine = signed(disputed, CONFORMS)
    assert disputed.refused(STRANGER, court(disputed).measure(forged, genuine)) == "BadSignature"
    assert disputed.refused(STRANGER, court(disputed).measure(CONFORMS, signed(disputed, CONFORMS, b"x" * 32))) == (
        "BadSignature"
    )
    assert disputed.refused(SHOP, court(disputed).measure(CONFORMS, b"")) == "BadSignature"


def test_a_verdict_on_another_milestone_or_round_decides_nothing(disputed: Scene) -> None:
    for other in (replace(CONFORMS, milestone=1), replace(CONFORMS, round=1)):
        assert disputed.refused(INSPECTOR, court(disputed).measure(other, b"")) == "NotDisputed"


def test_nobody_measures_where_no_inspector_was_agreed(scene: Scene) -> None:
    scene.open()
    scene.award(700)
    scene.accept(0)
    scene.send(SHOP, scene.contracts.orders.attest(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, scene.contracts.orders.dispute(JOB, 0, EVIDENCE))
    assert scene.refused(CUSTOMER, court(scene).measure(CONFORMS, b"")) == "NoInspector"


def test_an_inspector_that_was_exchanged_after_the_acceptance_has_no_say(disputed: Scene) -> None:
    disputed.send(INSPECTOR, disputed.contracts.orders.decline(JOB, 1))
    crony = disputed.winner(OTHER_SHOP, 10)
    disputed.send(CUSTOMER, disputed.contracts.orders.reaward(JOB, 1, TRANSCRIPT, crony))
    assert disputed.refused(OTHER_SHOP, court(disputed).measure(FAILS, b"")) == "NoInspector"


def test_an_inspector_that_signs_both_verdicts_loses_its_bond(disputed: Scene) -> None:
    proof = court(disputed).convict(INSPECTOR, CONFORMS, signed(disputed, CONFORMS), FAILS, signed(disputed, FAILS))
    events = disputed.send(STRANGER, proof)
    assert Equivocated(job=JOB, index=0, inspector=INSPECTOR) in events
    assert bond(disputed, INSPECTOR) == 0
    assert disputed.refused(STRANGER, proof) == "AlreadyPunished"


def test_only_two_signed_verdicts_that_contradict_each_other_convict(disputed: Scene) -> None:
    one, convict = signed(disputed, CONFORMS), court(disputed).convict
    again = replace(CONFORMS, evidence=word("measured again"))
    for other in (again, replace(FAILS, milestone=1), replace(FAILS, round=1), replace(FAILS, index=1)):
        pair = convict(INSPECTOR, CONFORMS, one, other, signed(disputed, other))
        assert disputed.refused(STRANGER, pair) == "NoContradiction"
    assert disputed.refused(STRANGER, convict(INSPECTOR, CONFORMS, one, FAILS, one)) == "BadSignature"
    assert disputed.refused(STRANGER, convict(INSPECTOR, CONFORMS, b"", FAILS, signed(disputed, FAILS))) == (
        "BadSignature"
    )
    assert disputed.refused(STRANGER, convict(SHOP, CONFORMS, one, FAILS, signed(disputed, FAILS))) == "BadSignature"


def test_a_party_summons_in_the_first_quarter_once_and_pays_the_fee(disputed: Scene) -> None:
    since = disputed.evm.now
    assert disputed.refused(STRANGER, court(disputed).summon(JOB, 0)) == "NotParty"
    before = disputed.balance(CUSTOMER)
    disputed.evm.wait_until(since + QUARTER)
    assert disputed.send(CUSTOMER, court(disputed).summon(JOB, 0)) == [
        Summoned(job=JOB, index=0, by=CUSTOMER, fee=Cents(FEE), draw_block=disputed.evm.block + 1)
    ]
    assert disputed.balance(CUSTOMER) == before - FEE
    assert disputed.refused(SHOP, court(disputed).summon(JOB, 0)) == "AlreadySummoned"


def test_nobody_summons_after_the_first_quarter(disputed: Scene) -> None:
    disputed.evm.wait_until(disputed.evm.now + QUARTER + 1)
    assert disputed.refused(SHOP, court(disputed).summon(JOB, 0)) == "TooLate"


def test_the_fee_is_the_one_that_the_order_was_opened_under(disputed: Scene) -> None:
    disputed.adopt(replace(PACK, version=2, dispute_fee=Cents(7)))
    disputed.send(SHOP, court(disputed).summon(JOB, 0))
    assert court(disputed).case(disputed.evm, JOB, 0, round_=0, milestone=0).fee == FEE


def test_three_different_auditors_who_are_no_party_are_drawn(judged: Scene) -> None:
    drawn = panel(judged)
    assert len(set(drawn)) == 3
    assert set(drawn) <= set(JURORS)
    assert judged.refused(STRANGER, court(judged).draw(JOB, 0)) == "AlreadyDrawn"


def test_a_panel_is_drawn_after_its_block_and_in_the_second_quarter(disputed: Scene) -> None:
    since = disputed.evm.now
    for juror in JURORS:
        join(disputed, juror, AUDITOR)
    assert disputed.refused(STRANGER, court(disputed).draw(JOB, 0)) == "NotSummoned"
    disputed.send(SHOP, court(disputed).summon(JOB, 0))
    disputed.evm.wait_until(since + 1)
    assert disputed.refused(STRANGER, court(disputed).draw(JOB, 0)) == "TooEarly"
    disputed.evm.wait_until(since + 2 * QUARTER + 1)
    assert disputed.refused(STRANGER, court(disputed).draw(JOB, 0)) == "TooLate"


def test_a_panel_can_be_drawn_until_the_end_of_the_second_quarter(disputed: Scene) -> None:
    since = disputed.evm.now
    for juror in JURORS:
        join(disputed, juror, AUDITOR)
    disputed.send(SHOP, court(disputed).summon(JOB, 0))
    disputed.evm.wait_until(since + 2 * QUARTER)
    (drawn,) = disputed.send(STRANGER, court(disputed).draw(JOB, 0))
    assert isinstance(drawn, Drawn)


def test_parties_expired_and_unbonded_auditors_sit_in_no_panel(disputed: Scene) -> None:
    for juror in JURORS[:2]:
        join(disputed, juror, AUDITOR)
    join(disputed, CUSTOMER, AUDITOR)
    join(disputed, SHOP, AUDITOR + PROVIDER)
    join(disputed, JURORS[2], AUDITOR)
    slashing = members_abi.slash_call(JURORS[2], 1, word("guilt"), CUSTOMER)
    disputed.send(court(disputed).address, Transaction(to=disputed.contracts.members.address, payload=slashing))
    disputed.send(CUSTOMER, court(disputed).summon(JOB, 0))
    disputed.evm.wait_until(disputed.evm.now + 2)
    assert disputed.refused(STRANGER, court(disputed).draw(JOB, 0)) == "NoPanel"
    disputed.evm.wait_until(disputed.evm.now + DISPUTE)
    assert close(disputed).outcome == "lapsed"
    assert court(disputed).credit(disputed.evm, CUSTOMER) == FEE, "no panel, no fee"


@pytest.mark.parametrize("auditors", [0, 1, 2])
def test_fewer_than_three_auditors_are_no_panel(disputed: Scene, auditors: int) -> None:
    for juror in JURORS[:auditors]:
        join(disputed, juror, AUDITOR)
    disputed.send(SHOP, court(disputed).summon(JOB, 0))
    disputed.evm.wait_until(disputed.evm.now + 2)
    assert disputed.refused(STRANGER, court(disputed).draw(JOB, 0)) == "NoPanel"


def test_three_auditors_are_a_panel(disputed: Scene) -> None:
    for juror in JURORS[:3]:
        join(disputed, juror, AUDITOR)
    disputed.send(SHOP, court(disputed).summon(JOB, 0))
    disputed.evm.wait_until(disputed.evm.now + 2)
    disputed.send(STRANGER, court(disputed).draw(JOB, 0))
    assert set(panel(disputed)) == set(JURORS[:3])


@pytest.mark.parametrize(("draws", "seated"), [(DRAWS, True), (DRAWS + 1, False)])
def test_a_panel_is_given_up_after_48_draws(scene: Scene, draws: int, seated: bool) -> None:
    """Three of ten auditors are eligible, and the block is one by whose hash the third is found by just so many."""
    auditors = [address(0xB000 + number) for number in range(10)]
    for auditor in auditors:
        join(scene, auditor, AUDITOR)
    for number, guilty in enumerate(auditors[3:]):
        slashing = members_abi.slash_call(guilty, 1, word(f"guilt {number}"), CUSTOMER)
        scene.send(court(scene).address, Transaction(to=scene.contracts.members.address, payload=slashing))

    def found(block: int, within: int) -> bool:
        return bool(draw(auditors, block, (JOB, 0, 0, 0), auditors[:3].__contains__, within))

    ahead = next(n for n in count(1) if found(scene.evm.block + n, draws) and not found(scene.evm.block + n, draws - 1))
    scene.evm.wait_until(scene.evm.now + ahead - 1)
    scene.open()
    scene.award(700)
    scene.accept(0)
    scene.send(SHOP, scene.contracts.orders.attest(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, scene.contracts.orders.dispute(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, scene.contracts.token.approve(court(scene).address, Cents(FEE)))
    scene.send(CUSTOMER, court(scene).summon(JOB, 0))
    scene.evm.wait_until(scene.evm.now + 2)
    if seated:
        scene.send(STRANGER, court(scene).draw(JOB, 0))
        assert set(panel(scene)) == set(auditors[:3])
    else:
        assert scene.refused(STRANGER, court(scene).draw(JOB, 0)) == "NoPanel"


VERDICTS = {(2000, 9000, 4000): 4000, (7000, 7000, 0): 7000, (10_000, 10_000, 10_000): 10_000, (5000, 1, 9999): 5000}


@pytest.mark.parametrize("shares", VERDICTS)
def test_the_middle_of_three_votes_decides_as_soon_as_all_are_open(judged: Scene, shares: tuple[int, int, int]) -> None:
    judge(judged, *shares)
    decided = close(judged)
    verdict = VERDICTS[shares] * PRICE // 10_000
    shifted = min(PRICE, verdict + FEE) if verdict > PRICE // 2 else verdict
    assert (decided.outcome, decided.to_provider) == ("judged", shifted)
    assert division(judged) == (shifted, PRICE - shifted)


def test_the_loser_bears_the_fee_of_whom_it_made_summon(disputed: Scene) -> None:
    for juror in JURORS:
        join(disputed, juror, AUDITOR)
    disputed.send(CUSTOMER, court(disputed).summon(JOB, 0))
    disputed.evm.wait_until(disputed.evm.now + 2)
    disputed.send(STRANGER, court(disputed).draw(JOB, 0))
    judge(disputed, 3000, 3000, 3000)
    assert close(disputed).to_provider == 3000 - FEE


@pytest.mark.parametrize(("bps", "paid"), [(100, 0), (500, 0), (501, 1), (5000, 5000), (6000, 6000)])
def test_a_summoning_customer_is_repaid_as_far_as_the_stake_reaches(disputed: Scene, bps: int, paid: int) -> None:
    for juror in JURORS:
        join(disputed, juror, AUDITOR)
    disputed.send(CUSTOMER, court(disputed).summon(JOB, 0))
    disputed.evm.wait_until(disputed.evm.now + 2)
    disputed.send(STRANGER, court(disputed).draw(JOB, 0))
    judge(disputed, bps, bps, bps)
    assert close(disputed).to_provider == paid


def test_jurors_who_voted_share_the_fee(judged: Scene) -> None:
    judge(judged, 9000, 9000, 9000)
    close(judged)
    assert [court(judged).credit(judged.evm, juror) for juror in panel(judged)] == [FEE // 3] * 3
    assert court(judged).credit(judged.evm, SHOP) == FEE - 3 * (FEE // 3)
    judged.send(panel(judged)[0], court(judged).withdraw())
    assert judged.balance(panel(judged)[0]) == FEE // 3


def test_two_votes_decide_by_their_mean_after_the_window_and_the_third_is_punished(judged: Scene) -> None:
    judge(judged, 1000, 2001, None)
    assert judged.refused(STRANGER, court(judged).close(JOB, 0)) == "TooEarly"
    judged.evm.wait_until(judged.evm.now + QUARTER)
    decided = close(judged)
    assert (decided.outcome, decided.to_provider) == ("judged", 1500)
    absent = panel(judged)[2]
    assert bond(judged, absent) == BOND - BOND // 10
    assert [bond(judged, juror) for juror in panel(judged)[:2]] == [BOND] * 2
    assert court(judged).credit(judged.evm, SHOP) == FEE - 2 * (FEE // 3)


def test_one_vote_decides_nothing_and_the_stake_is_halved(judged: Scene) -> None:
    judge(judged, 10_000, None, None)
    judged.evm.wait_until(judged.evm.now + QUARTER)
    decided = close(judged)
    assert (decided.outcome, decided.to_provider) == ("lapsed", PRICE // 2)
    assert [bond(judged, juror) for juror in panel(judged)] == [BOND, BOND - BOND // 10, BOND - BOND // 10]


def test_a_case_that_nobody_moves_lapses_after_its_window_and_not_before(disputed: Scene) -> None:
    last = disputed.evm.now + DISPUTE
    disputed.evm.wait_until(last)
    assert disputed.refused(STRANGER, court(disputed).close(JOB, 0)) == "TooEarly"
    disputed.evm.wait_until(last + 1)
    assert close(disputed).outcome == "lapsed"
    assert division(disputed) == (PRICE // 2, PRICE // 2)
    assert disputed.refused(STRANGER, court(disputed).close(JOB, 0)) == "NotDisputed"


def test_a_provider_to_whom_a_panel_gives_nothing_pays_from_its_bond(judged: Scene) -> None:
    judge(judged, 0, 0, 0)
    close(judged)
    assert bond(judged, SHOP) == 0, "a tenth of the stake is more than it had bonded"
    credit = members_abi.credit_result(
        judged.evm.call(judged.contracts.members.address, members_abi.credit_call(CUSTOMER))
    )
    assert credit == BOND


def test_a_provider_to_whom_a_panel_gives_something_keeps_its_bond(judged: Scene) -> None:
    judge(judged, 1, 1, 1)
    close(judged)
    assert bond(judged, SHOP) == BOND


def test_a_vote_is_sealed_by_a_juror_once_until_the_end_of_the_third_quarter(judged: Scene) -> None:
    since = judged.evm.now - 2
    juror = panel(judged)[0]
    outsider = next(account for account in JURORS if account not in panel(judged))
    for caller in (outsider, CUSTOMER, SHOP):
        assert judged.refused(caller, court(judged).vote(JOB, 0, word("seal"))) == "NotJuror"
    assert judged.send(juror, court(judged).vote(JOB, 0, word("seal"))) == [VoteSealed(job=JOB, index=0, juror=juror)]
    assert judged.refused(juror, court(judged).vote(JOB, 0, word("other seal"))) == "AlreadyVoted"
    judged.evm.wait_until(since + 3 * QUARTER)
    judged.send(panel(judged)[1], court(judged).vote(JOB, 0, word("seal")))
    judged.evm.wait_until(since + 3 * QUARTER + 1)
    assert judged.refused(panel(judged)[2], court(judged).vote(JOB, 0, word("seal"))) == "TooLate"


def test_nobody_votes_before_the_draw(disputed: Scene) -> None:
    disputed.send(SHOP, court(disputed).summon(JOB, 0))
    assert disputed.refused(JURORS[0], court(disputed).vote(JOB, 0, word("seal"))) == "NotDrawn"


def test_a_vote_is_opened_in_the_last_quarter_with_what_was_sealed(judged: Scene) -> None:
    since = judged.evm.now - 2
    juror, other, _ = panel(judged)
    for voter in (juror, other):
        judged.send(voter, court(judged).vote(JOB, 0, seal(judged, voter, 4000)))
    judged.evm.wait_until(since + 3 * QUARTER)
    assert judged.refused(juror, court(judged).open_vote(JOB, 0, share(4000), SALT)) == "TooEarly"
    judged.evm.wait_until(since + 3 * QUARTER + 1)
    assert judged.refused(juror, court(judged).open_vote(JOB, 0, share(4001), SALT)) == "WrongOpening"
    assert judged.refused(juror, court(judged).open_vote(JOB, 0, share(4000), bytes(32))) == "WrongOpening"
    assert judged.send(juror, court(judged).open_vote(JOB, 0, share(4000), SALT)) == [
        VoteOpened(job=JOB, index=0, juror=juror, share=share(4000))
    ]
    assert judged.refused(juror, court(judged).open_vote(JOB, 0, share(4000), SALT)) == "AlreadyVoted"
    judged.evm.wait_until(since + DISPUTE)
    with judged.evm.undone():
        judged.send(other, court(judged).open_vote(JOB, 0, share(4000), SALT))
    judged.evm.wait_until(since + DISPUTE + 1)
    assert judged.refused(other, court(judged).open_vote(JOB, 0, share(4000), SALT)) == "TooLate"


def test_a_copied_seal_opens_for_nobody_but_its_maker(judged: Scene) -> None:
    juror, copier, third = panel(judged)
    copied = seal(judged, juror, 4000)
    for voter in (juror, copier, third):
        judged.send(voter, court(judged).vote(JOB, 0, copied))
    assert judged.refused(copier, court(judged).open_vote(JOB, 0, share(4000), SALT)) == "WrongOpening"
    judged.send(juror, court(judged).open_vote(JOB, 0, share(4000), SALT))


def test_no_vote_gives_more_than_all(judged: Scene) -> None:
    for juror in panel(judged):
        judged.send(juror, court(judged).vote(JOB, 0, seal(judged, juror, 10_001)))
    assert judged.refused(panel(judged)[0], court(judged).open_vote(JOB, 0, share(10_001), SALT)) == "BadShare"


def test_a_case_is_not_closed_while_a_vote_may_still_be_opened(judged: Scene) -> None:
    for juror in panel(judged):
        judged.send(juror, court(judged).vote(JOB, 0, seal(judged, juror, 4000)))
    for juror in panel(judged)[:2]:
        judged.send(juror, court(judged).open_vote(JOB, 0, share(4000), SALT))
    assert judged.refused(STRANGER, court(judged).close(JOB, 0)) == "TooEarly"


def test_parties_can_still_settle_while_the_panel_sits_and_nobody_is_punished(judged: Scene) -> None:
    juror = panel(judged)[0]
    judged.send(SHOP, court(judged).propose(JOB, 0, share(0)))
    assert [bond(judged, account) for account in (*panel(judged), SHOP)] == [BOND] * 4
    assert court(judged).credit(judged.evm, SHOP) == FEE
    assert judged.refused(juror, court(judged).vote(JOB, 0, word("seal"))) == "NotDisputed"


def test_another_milestone_is_another_case(scene: Scene) -> None:
    scene.open()
    scene.award(700, milestones=2)
    scene.accept(0)
    for _ in range(2):
        scene.send(SHOP, scene.contracts.orders.attest(JOB, 0, EVIDENCE))
        scene.send(CUSTOMER, scene.contracts.orders.dispute(JOB, 0, EVIDENCE))
        scene.send(CUSTOMER, court(scene).propose(JOB, 0, share(10_000)))
    for milestone in (0, 1):
        assert court(scene).case(scene.evm, JOB, 0, round_=0, milestone=milestone).outcome == "settled"


def test_a_replacement_starts_with_a_clean_sheet(scene: Scene) -> None:
    scene.open()
    scene.award(700, milestones=2)
    scene.accept(0)
    scene.send(SHOP, scene.contracts.orders.attest(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, scene.contracts.orders.dispute(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, court(scene).propose(JOB, 0, share(10_000)))
    scene.send(SHOP, scene.contracts.orders.decline(JOB, 0))
    scene.send(CUSTOMER, scene.contracts.orders.reaward(JOB, 0, TRANSCRIPT, scene.winner(OTHER_SHOP, 300)))
    scene.accept(0)
    scene.send(OTHER_SHOP, scene.contracts.orders.attest(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, scene.contracts.orders.dispute(JOB, 0, EVIDENCE))
    scene.send(OTHER_SHOP, court(scene).propose(JOB, 0, share(9000)))
    work = scene.contracts.orders.assignment(scene.evm, JOB, 0)
    assert work.state is WorkState.DISPUTED, "the offer before was another's"


def test_a_hash_that_is_too_old_is_replaced_by_a_new_one(scene: Scene) -> None:
    slow = replace(PACK, version=2, dispute=Seconds(4000))
    scene.adopt(slow)
    scene.open(pack=slow.digest)
    scene.award(700)
    scene.accept(0)
    scene.send(SHOP, scene.contracts.orders.attest(JOB, 0, EVIDENCE))
    scene.send(CUSTOMER, scene.contracts.orders.dispute(JOB, 0, EVIDENCE))
    for juror in JURORS:
        join(scene, juror, AUDITOR)
    scene.send(CUSTOMER, scene.contracts.token.approve(court(scene).address, Cents(FEE)))
    scene.send(CUSTOMER, court(scene).summon(JOB, 0))
    scene.evm.wait_until(scene.evm.now + 258)
    (again,) = scene.send(STRANGER, court(scene).draw(JOB, 0))
    assert again == Summoned(job=JOB, index=0, by=CUSTOMER, fee=Cents(FEE), draw_block=scene.evm.block + 1)
    scene.evm.wait_until(scene.evm.now + 257)
    (drawn,) = scene.send(STRANGER, court(scene).draw(JOB, 0))
    assert isinstance(drawn, Drawn)
