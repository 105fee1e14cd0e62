"""The owner's rules: read, kept, and tried on past bids before they count."""

from pathlib import Path

import pytest

from node.config import RulesConfig
from node.errors import RequestError
from node.planner.bidding import answer
from node.planner.machine import Machine
from node.planner.policy import Policy, Rule
from node.workflows.answered import Answer, Phase
from node.workflows.owner import parsed_rules, policy_of, tried
from protocol.auction import Bid
from protocol.award import Award, award, standings
from protocol.ids import Address, Digest, MachineId, PeerId
from protocol.params import MILLING
from protocol.result import Result
from protocol.signed import Signed
from protocol.units import BasisPoints, Seconds
from tests.planner.shop import HERE, a_call, a_machine, a_schedule, at

ME, OTHER = PeerId(bytes([1]) * 32), PeerId(bytes([2]) * 32)
TEXT = f"""
paused = false
window_hours = 4

[[rules]]
name = "regulars"
customer = "{bytes(32).hex()}"
margin_percent = 3.5

[[rules]]
name = "no steel"
material = "EN 1.7225"
"""


def test_rules_are_read_from_the_owners_words() -> None:
    policy = policy_of(parsed_rules(TEXT))
    assert policy.span == 4 * 3600
    assert [(rule.name, rule.margin) for rule in policy.rules] == [("regulars", 350), ("no steel", None)]
    assert policy_of(parsed_rules('rules = [{name = "m", process = "milling"}]')).rules[0].process == MILLING
    assert policy_of(parsed_rules("waiting_per_hour = 2.5")).waiting == 250


@pytest.mark.parametrize(
    "text",
    [
        "paused = maybe",
        "unknown = 1",
        'rules = [{name = "x", margin_percent = -100}]',
        'rules = [{name = "x", customer = "somebody"}]',
        'rules = [{name = "x", process = "magic"}]',
        "rules = [{margin_percent = 1}]",
        "window_hours = -1",
    ],
)
def test_rules_that_are_wrong_are_refused_with_the_place(text: str) -> None:
    with pytest.raises(RequestError) as refused:
        parsed_rules(text)
    assert refused.value.code == "bad-rules"


def test_rules_survive_being_stored(tmp_path: Path) -> None:
    rules, path = parsed_rules(TEXT), tmp_path / "rules.json"
    path.write_text(rules.model_dump_json())
    assert RulesConfig.model_validate_json(path.read_text()) == rules


def margin(percent: float) -> Policy:
    return Policy(rules=(Rule(name="all", margin=BasisPoints(round(percent * 100))),))


def an_answer(*, rival: float | None) -> Answer:
    """A past answer; a rival on another machine of the same speed asked for ``rival`` per cent on top of cost."""
    call = a_call()
    mine = answer(a_schedule(), call, site=HERE, now=at(-1), policy=margin(10))
    bids = [Bid(job=call.job, provider=ME, site=HERE, offers=mine.offers)]
    if rival is not None:
        theirs = answer(a_schedule(), call, site=HERE, now=at(-1), policy=margin(rival))
        bids.append(Bid(job=call.job, provider=OTHER, site=HERE, offers=theirs.offers))
    outcome = award(call, bids, Digest(bytes(32)))
    assert isinstance(outcome, Award)
    result = Result(job=call.job, award=outcome, no_award=None, standings=standings(call, bids, outcome))
    signed = Signed(author=PeerId(bytes(32)), payload=b"", signature=bytes(64))
    return Answer(
        signed_call=signed,
        call=call,
        customer=Address(bytes(20)),
        review=Seconds(1),
        phase=Phase.LOST,
        bid=bids[0],
        bases=mine.bases,
        result=result,
    )


def machines() -> dict[MachineId, Machine]:
    machine = a_machine()
    return {machine.name: machine}


@pytest.mark.parametrize(
    ("rival", "new", "verdict"),
    [
        (20.0, 10.0, "wins as before"),
        (20.0, 19.0, "wins as before"),
        (20.0, 30.0, "may lose"),
        (5.0, 10.0, "loses as before"),
        (5.0, 4.0, "would win"),
        (5.0, 6.0, "loses as before"),
        (None, 80.0, "wins as before"),
    ],
)
def test_a_margin_is_tried_on_a_past_job(rival: float | None, new: float, verdict: str) -> None:
    (row,) = tried([an_answer(rival=rival)], machines(), margin(10), margin(new))
    assert row.verdict == verdict
    assert row.after is not None
    assert (row.after > row.before, row.after < row.before) == (new > 10, new < 10)


def test_a_refusal_is_tried_too() -> None:
    (row,) = tried([an_answer(rival=None)], machines(), margin(10), Policy(paused=True))
    assert (row.after, row.verdict, row.refusal) == (None, "would be refused", "is paused by its owner")


def test_a_call_that_got_no_bid_or_whose_machine_is_gone_is_left_out() -> None:
    assert not list(tried([an_answer(rival=None)], {}, margin(10), margin(20)))
