"""Disputed milestones, from what people say to their nodes to the real court's ruling; no deadline needs a person."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ledger.disputes import Decided, Drawn
from ledger.errors import RevertedError
from ledger.types import Transaction
from node.workflows import settle_dispute
from node.workflows.court import describe, read_case
from node.workflows.disputed import (
    AwaitBlock,
    Ballot,
    BlockReached,
    Case,
    CaseOpened,
    Inspect,
    Inspected,
    PanelAsked,
    ReadCase,
    ShareOffered,
    quarter,
    role_of,
)
from node.workflows.events import Mined, Submit, WakeAt, Woke
from node.workflows.ledger_events import moved
from protocol.ids import Address
from protocol.membership import AUDITOR
from protocol.units import BasisPoints, Cents
from tests.contracts.evm import FIRST_BLOCK, START
from tests.contracts.federation import (
    BOND,
    CUSTOMER,
    DEPLOYER,
    DISPUTE,
    DISPUTE_FEE,
    EVIDENCE,
    JOB,
    OTHER_SHOP,
    SHOP,
    TRANSCRIPT,
    TREASURY,
    Scene,
    address,
    join,
)
from tests.unit.node.stage import refold

PRICE = 10_000
JURORS = tuple(address(0xB000 + number) for number in range(4))
INSPECTOR = OTHER_SHOP
HALF = BasisPoints(5_000)


@dataclass
class Node:
    """One node's view of the case."""

    account: Address
    state: Case | None = None
    heard: list[Any] = field(default_factory=list)
    effects: list[Any] = field(default_factory=list)
    wakes: dict[Any, int] = field(default_factory=dict)
    down: bool = False

    @property
    def sent(self) -> list[str]:
        """Steps that it has sent to the ledger."""
        return [effect.key.split("/")[0] for effect in self.effects if isinstance(effect, Submit)]


class Trial:
    """An objection to a milestone of 100.00, and the nodes of all that may have to do with it."""

    def __init__(self, scene: Scene, *, milestones: int = 1, jurors: tuple[Address, ...] = JURORS) -> None:
        self.scene = scene
        self.nodes = {account: Node(account) for account in (CUSTOMER, SHOP, INSPECTOR, *JURORS)}
        self.measured: Inspected | None = None
        contracts = scene.contracts
        for juror in jurors:
            join(scene, juror, AUDITOR)
        scene.open(budget=PRICE + 10)
        works = [scene.winner(SHOP, PRICE, inspection=2, milestones=milestones), scene.winner(INSPECTOR, 10)]
        scene.send(CUSTOMER, contracts.orders.award(JOB, TRANSCRIPT, works))
        scene.accept(0, 1)
        for party in (CUSTOMER, SHOP):
            scene.send(DEPLOYER, contracts.token.transfer(party, Cents(DISPUTE_FEE)))

    def object(self) -> None:
        orders = self.scene.contracts.orders
        self.act(SHOP, orders.attest(JOB, 0, EVIDENCE))
        self.act(CUSTOMER, orders.dispute(JOB, 0, EVIDENCE))

    def node(self, account: Address) -> Node:
        return self.nodes[account]

    def act(self, account: Address, transaction: Transaction) -> str:
        """Mine it and let all nodes hear; the name of a refusal, or nothing."""
        try:
            logs = self.scene.evm.send(account, transaction)
        except RevertedError as error:
            return error.name
        for log in logs:
            found = moved(log, self.scene.contracts)
            for node in self.nodes.values() if found is not None else ():
                assert found is not None
                self._hear(node, found[2])
        return ""

    def tell(self, account: Address, event: Any) -> None:
        node = self.node(account)
        if node.down:
            return
        assert node.state is not None or isinstance(event, CaseOpened)
        rule = settle_dispute.workflow(self.scene.contracts, account)
        node.heard.append(event)
        node.state, effects = rule.transition(node.state, event)
        for effect in effects:
            if effect not in node.effects:
                node.effects.append(effect)
                self._perform(node, effect)

    def pass_until(self, moment: int) -> None:
        while due := sorted(
            ((at, n, wake) for n, node in enumerate(self.nodes.values()) for wake, at in node.wakes.items()),
            key=lambda one: one[:2],
        ):
            at, number, wake = due[0]
            if at > moment:
                break
            node = list(self.nodes.values())[number]
            del node.wakes[wake]
            self.scene.evm.wait_until(max(at, self.scene.evm.now))
            self.tell(node.account, wake)
        self.scene.evm.wait_until(max(moment, self.scene.evm.now))

    @property
    def panel(self) -> list[Address]:
        state = self.node(CUSTOMER).state
        assert state is not None
        return [seat.juror for seat in state.panel]

    @property
    def case(self) -> Case:
        state = self.node(SHOP).state
        assert state is not None
        return state

    def _hear(self, node: Node, event: Any) -> None:
        parties = (CUSTOMER, SHOP, INSPECTOR)
        if isinstance(event, Drawn) and node.account in event.panel and node.state is None:
            self.tell(node.account, CaseOpened(job=JOB, index=0))
        if node.state is not None or (isinstance(event, CaseOpened) and node.account in parties):
            self.tell(node.account, event)

    def _perform(self, node: Node, effect: Any) -> None:
        match effect:
            case Submit():
                for transaction in effect.transactions:
                    error = self.act(node.account, transaction)
                    self.tell(node.account, Mined(effect=effect.key, gas=1, error=error))
            case WakeAt():
                node.wakes[Woke(what=effect.key)] = effect.at
            case AwaitBlock():
                node.wakes[BlockReached(number=effect.number)] = START + effect.number - FIRST_BLOCK
            case ReadCase():
                matter = read_case(self.scene.evm, self.scene.contracts, JOB, 0)
                assert matter is not None
                self.tell(node.account, matter)
            case Inspect() if self.measured is not None:
                self.tell(node.account, self.measured)


@pytest.fixture
def trial(scene: Scene) -> Iterator[Trial]:
    trial = Trial(scene)
    trial.object()
    yield trial
    for node in trial.nodes.values():  # a node that is killed now stands where it stood
        refold(settle_dispute.workflow(scene.contracts, node.account), node.heard, node.state, node.effects)


def paid(trial: Trial) -> int:
    """To the provider, the order's own fee added again."""
    return trial.scene.credit(SHOP) + trial.scene.credit(TREASURY)


def summoned(trial: Trial, by: Address = SHOP) -> None:
    trial.tell(by, PanelAsked())
    trial.pass_until(trial.scene.evm.now + 20)


def vote(trial: Trial, *shares: int) -> None:
    for juror, share in zip(trial.panel, shares, strict=False):
        trial.tell(juror, Ballot(share=BasisPoints(share), salt=juror.ljust(32, b"s")))


def test_an_offer_that_meets_the_demand_ends_the_case(trial: Trial) -> None:
    trial.tell(CUSTOMER, ShareOffered(share=BasisPoints(4_000)))
    assert describe(trial.case) == "the customer offers 40 %, the provider asks for 100 %"
    trial.tell(SHOP, ShareOffered(share=BasisPoints(6_000)))
    assert not trial.case.decided
    trial.tell(SHOP, ShareOffered(share=BasisPoints(4_000)))
    assert (trial.case.outcome, trial.case.to_provider) == ("settled", PRICE * 4 // 10)
    assert paid(trial) == PRICE * 4 // 10
    assert {node.state.problem for node in trial.nodes.values() if node.state} == {""}


@pytest.mark.parametrize(("conforms", "share"), [(True, PRICE), (False, 0)], ids=["in tolerance", "out of tolerance"])
def test_the_agreed_inspector_s_node_says_what_it_measured_and_that_decides(
    scene: Scene, conforms: bool, share: int
) -> None:
    trial = Trial(scene)
    trial.measured = Inspected(evidence=EVIDENCE, conforms=conforms)
    trial.object()
    assert (trial.case.outcome, paid(trial)) == ("measured", share)
    assert trial.node(INSPECTOR).sent == ["measure"]


def test_a_panel_is_drawn_votes_sealed_then_open_and_the_jurors_are_paid(trial: Trial) -> None:
    summoned(trial)
    assert len(trial.panel) == 3
    vote(trial, 2_000, 3_000)
    assert all("open" not in node.sent for node in trial.nodes.values())  # nobody knows a vote before all are sealed
    vote(trial, 2_000, 3_000, 9_000)
    assert trial.case.outcome == "judged"
    assert paid(trial) == 3_000
    for juror in trial.panel:
        assert trial.scene.balance(juror) == DISPUTE_FEE // 3
    assert trial.scene.balance(SHOP) == DISPUTE_FEE % 3


def test_a_juror_that_stays_away_costs_only_itself(trial: Trial) -> None:
    summoned(trial, CUSTOMER)
    vote(trial, 8_000, 6_000)
    opened = [juror for juror in trial.panel if "open" in trial.node(juror).sent]
    assert opened == []
    trial.pass_until(trial.scene.evm.now + DISPUTE + 20)
    assert trial.case.outcome == "judged"
    assert paid(trial) == 7_000
    absent = trial.panel[2]
    assert trial.scene.contracts.members.stake(trial.scene.evm, absent).bond < BOND


@pytest.mark.parametrize("away", [(), (CUSTOMER,)], ids=["all are there", "the customer has gone"])
def test_a_case_that_nobody_moves_in_lapses_in_half(trial: Trial, away: tuple[Address, ...]) -> None:
    for account in away:
        trial.node(account).down = True
    trial.pass_until(trial.scene.evm.now + DISPUTE + 20)
    assert (trial.case.outcome, paid(trial)) == ("lapsed", PRICE // 2)
    assert trial.node(SHOP).sent == (["close"] if away else [])


def test_a_panel_asked_for_by_one_who_then_vanishes_is_drawn_by_the_other(trial: Trial) -> None:
    trial.tell(SHOP, PanelAsked())
    trial.node(SHOP).down = True
    trial.pass_until(trial.scene.evm.now + 30)
    assert len(trial.panel) == 3


@pytest.mark.parametrize("later", [40, DISPUTE // 2 - 30], ids=["soon", "at the last moment"])
def test_a_panel_that_could_not_be_drawn_is_drawn_once_there_are_auditors(scene: Scene, later: int) -> None:
    trial = Trial(scene, jurors=JURORS[:2])
    trial.object()
    summoned(trial)
    assert trial.panel == []
    assert "NoPanel" in trial.case.problem
    trial.pass_until(trial.scene.evm.now + later - 20)
    for juror in JURORS[2:]:
        join(scene, juror, AUDITOR)
    assert trial.case.matter is not None
    trial.pass_until(quarter(trial.case.matter, 2))
    assert len(trial.panel) == 3
    assert trial.case.problem == ""


def test_a_panel_that_is_never_drawn_is_asked_for_a_bounded_number_of_times_and_the_case_lapses(scene: Scene) -> None:
    trial = Trial(scene, jurors=())
    trial.object()
    summoned(trial)
    trial.pass_until(trial.scene.evm.now + DISPUTE + 20)
    assert trial.node(SHOP).sent.count("draw") <= DISPUTE.bit_length() + 2
    assert trial.case.outcome == "lapsed"


def test_a_second_case_of_an_assignment_stands_for_itself(scene: Scene) -> None:
    trial = Trial(scene, milestones=2)
    trial.object()
    trial.tell(CUSTOMER, ShareOffered(share=BasisPoints(10_000)))
    assert trial.case.outcome == "settled"
    trial.object()
    assert (trial.case.number, trial.case.decided) == (2, False)
    assert trial.case.matter is not None
    assert trial.case.matter.milestone == 1
    trial.pass_until(trial.scene.evm.now + DISPUTE + 20)
    assert trial.case.outcome == "lapsed"


def test_whoever_is_told_of_a_decided_case_does_nothing(trial: Trial) -> None:
    trial.tell(CUSTOMER, ShareOffered(share=BasisPoints(10_000)))
    before = {account: list(node.effects) for account, node in trial.nodes.items()}
    for account in (CUSTOMER, SHOP):
        for late in (
            PanelAsked(),
            ShareOffered(share=HALF),
            Woke(what="close/1"),
            Decided(job=JOB, index=0, outcome="settled", to_provider=Cents(PRICE), stake=Cents(PRICE)),
        ):
            trial.tell(account, late)
    assert {account: node.effects for account, node in trial.nodes.items()} == before


def test_only_those_who_play_a_part_have_a_role(trial: Trial) -> None:
    matter = trial.case.matter
    assert matter is not None
    roles = [role_of(matter, trial.case.panel, who) for who in (CUSTOMER, SHOP, INSPECTOR, JURORS[0])]
    assert roles == ["customer", "provider", "inspector", ""]
