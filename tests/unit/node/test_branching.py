"""Operations that do not wait for each other: what a customer may say of them, and how makers work side by side."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from node.errors import RequestError
from node.workflows.answered import FetchPackage
from node.workflows.asked import GivenBack
from node.workflows.branching import Branch, branched, branches_of, parse_branches
from node.workflows.events import FetchRecords
from node.workflows.inspecting import inspector_of
from node.workflows.posted import Phase, heads
from node.workflows.replacing import fair_due
from protocol.errors import RejectError
from protocol.flow import after, before, upstream
from protocol.ids import Digest
from protocol.params import INSPECTION
from protocol.production import continued
from protocol.replacement import Cause, Salvage, check_replacement, whereabouts
from protocol.routing import downstream
from tests.auction.sealed import bidder
from tests.contracts.federation import BONDED, Scene
from tests.unit.node.stage import Stage
from tests.unit.protocol.examples import offer, operation

CHAIN = (operation(0), operation(1), operation(2))
FORKED = (operation(0), replace(operation(1), after=()), replace(operation(2, process=INSPECTION), after=(0, 1)))
MILL = bidder("mill", offer(0, 1, 5, 70_00))
OVEN = bidder("oven", offer(1, 1, 3, 40_00))
PROBE = bidder("probe", offer(2, 8, 12, 30_00))
RIVAL = bidder("rival", offer(1, 2, 12, 45_00), offer(2, 9, 14, 33_00))


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ([], ()),
        (["2:"], (Branch(operation=1, after=()),)),
        (["3: 2 ,1", "2:"], (Branch(operation=2, after=(0, 1)), Branch(operation=1, after=()))),
    ],
)
def test_branches_as_people_type_them(texts: list[str], found: tuple[Branch, ...]) -> None:
    assert parse_branches(texts) == found


@pytest.mark.parametrize("text", ["", "2", "0:", "2:0", "2:x", "-1:", "2:1,", "²:1", "2:1:1"])
def test_what_is_no_branch_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="not of the form"):
        parse_branches([text])


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["2:", "2:1"], "named twice"),
        (["4:1"], "has 3 operations"),
        (["3:1"], "end in one operation"),
        (["2:3"], "does not come after"),
        (["3:1,2"], "follows from another"),
    ],
)
def test_what_leads_to_no_routing_is_refused(texts: list[str], reason: str) -> None:
    with pytest.raises(RequestError, match=reason):
        branched(CHAIN, parse_branches(texts))


def test_a_routing_keeps_what_was_said_of_it_so_that_it_can_be_ordered_anew() -> None:
    forked = branched(CHAIN, parse_branches(["2:", "3:1,2"]))
    assert [one.after for one in forked] == [None, (), (0, 1)]
    assert branched(CHAIN, branches_of(forked)) == forked
    assert branches_of(CHAIN) == ()


def test_what_is_downstream_of_an_operation_is_what_its_parts_are_in() -> None:
    routing = ((), (), (0,), (1,), (2, 3))
    assert [downstream(routing, one) for one in range(5)] == [{2, 4}, {3, 4}, {4}, {4}, frozenset()]


def test_a_record_continues_the_one_before_it_or_all_that_join() -> None:
    one, other = Digest(b"a" * 32), Digest(b"b" * 32)
    assert continued([one]) == one
    assert len({continued([one, other]), continued([other, one]), one, other}) == 4


@pytest.fixture
def stage(scene: Scene) -> Iterator[Stage]:
    """The mill and the oven have won what is made side by side, the probe what joins them."""
    scene.adopt(BONDED)
    stage = Stage(scene, (MILL, OVEN, PROBE, RIVAL), BONDED, operations=FORKED)
    stage.begin()
    stage.pass_until(stage.call.reveal_by)
    assert stage.post.phase is Phase.MAKING
    yield stage
    stage.check_logs()


def attest(stage: Stage, maker: object, index: int) -> None:
    account = stage.shop(maker).account  # type: ignore[arg-type]
    stage.send(account, stage.scene.contracts.orders.attest(stage.call.job, index, Digest(b"e" * 32)))


def test_both_branches_begin_at_once_and_the_join_waits_for_both(stage: Stage) -> None:
    packages = {b.bid.provider: [e for e in stage.shop(b).effects if isinstance(e, FetchPackage)] for b in (MILL, OVEN)}
    assert [[one.operation for one in some] for some in packages.values()] == [[0], [1]]
    fetched = [e for e in stage.shop(PROBE).effects if isinstance(e, FetchRecords | FetchPackage)]
    assert fetched == []
    for at, maker in ((1, OVEN), (0, MILL)):
        attest(stage, maker, at)
    assert [e.index for e in stage.shop(PROBE).effects if isinstance(e, FetchRecords)] == [1, 0]
    assert not any(isinstance(e, FetchRecords) for b in (MILL, OVEN) for e in stage.shop(b).effects)
    with pytest.raises(RejectError, match="no verified records"):
        heads(stage.post, 2)
    assert heads(stage.post, 0) == heads(stage.post, 1) == (stage.call.design,) * stage.call.quantity


def test_the_join_is_late_only_once_all_its_parts_could_have_come(stage: Stage) -> None:
    assert fair_due(stage.post, 2) is None
    attest(stage, OVEN, 1)
    assert fair_due(stage.post, 2) is None
    attest(stage, MILL, 0)
    assert fair_due(stage.post, 2) is not None
    assert None not in (fair_due(stage.post, 0), fair_due(stage.post, 1))


def test_who_is_around_an_assignment_follows_from_the_routing(stage: Stage) -> None:
    call, awarded = stage.call, stage.post.awarded
    assert [before(call, awarded, index) for index in range(3)] == [(), (), (0, 1)]
    assert [after(call, awarded, index) for index in range(3)] == [(2,), (2,), ()]
    assert [upstream(call, awarded, index) for index in range(3)] == [(), (), (0, 1)]
    assert [inspector_of(call, awarded, index) for index in range(3)] == [2, 2, None]
    assert whereabouts(call, awarded, 2, Cause.DECLINED) == (awarded[0].site, awarded[1].site)
    assert whereabouts(call, awarded, 2, Cause.LATE) == (awarded[2].site,)


@pytest.mark.parametrize(("maker", "index"), [(OVEN, 1), (PROBE, 2)], ids=["a branch", "the join"])
def test_a_stand_in_of_a_branch_begins_with_material_and_one_of_the_join_with_all_parts(
    stage: Stage, maker: object, index: int
) -> None:
    asked = stage.post.awarded
    stage.tell(stage.shop(maker), GivenBack(indexes=(index,), reason="it broke"))  # type: ignore[arg-type]
    (told,) = stage.post.replacements
    assert told.assignment.provider == RIVAL.bid.provider
    assert told.salvage is (Salvage.NONE if index == 1 else Salvage.MOVED)
    check_replacement(told, call=stage.call, bids=stage.post.opened.bids, assignments=asked)
    if index == 2:
        assert told.assignment.start >= max(one.finish for one in asked[:2])
        with pytest.raises(RejectError, match="does not follow"):
            check_replacement(
                replace(told, moving=told.moving + 1), call=stage.call, bids=stage.post.opened.bids, assignments=asked
            )
