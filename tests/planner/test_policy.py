"""The owner's rules and what bidders hear of them."""

from node.planner.bidding import Answer, answer
from node.planner.policy import Policy, Rule
from protocol import params
from protocol.ids import MaterialCode, PeerId
from protocol.units import BasisPoints
from tests.planner.shop import ALLOY, HERE, a_call, a_machine, a_schedule, an_operation, at

CUSTOMER = PeerId(bytes(32))


def answered(policy: Policy) -> Answer:
    return answer(a_schedule(), a_call(), site=HERE, now=at(-1), policy=policy)


def test_a_paused_shop_offers_nothing_and_says_so() -> None:
    assert answered(Policy(paused=True)).refusals == ("operation 0 (milling): mill-1 is paused by its owner",)


def test_a_rule_without_margin_refuses_by_its_name() -> None:
    rule = Rule(name="no aluminium in winter", material=ALLOY)
    refusal = "operation 0 (milling): mill-1 does not take it: no aluminium in winter"
    assert answered(Policy(rules=(rule,))).refusals == (refusal,)


def test_a_margin_changes_the_price_and_nothing_else() -> None:
    plain, rich = answered(Policy()), answered(Policy(rules=(Rule(name="all", margin=BasisPoints(5_000)),)))
    assert [offer.opens for offer in plain.offers] == [offer.opens for offer in rich.offers]
    assert {row.cost for row in plain.bases} == {row.cost for row in rich.bases}
    assert all(mine.price < theirs.price for mine, theirs in zip(plain.offers, rich.offers, strict=True))


def test_the_first_rule_that_applies_decides() -> None:
    machine, call, operation = a_machine(), a_call(), an_operation()
    regular = Rule(name="regular", customer=CUSTOMER, margin=BasisPoints(300))
    others = Rule(name="others", margin=BasisPoints(2_000))
    assert Policy(rules=(regular, others)).terms(machine, call, operation) == 300
    assert Policy(rules=(others, regular)).terms(machine, call, operation) == 2_000
    assert Policy().terms(machine, call, operation) == machine.rates.margin


def test_a_rule_applies_only_to_what_it_names() -> None:
    call, operation = a_call(), an_operation()
    assert Rule(name="", process=params.MILLING, material=ALLOY, customer=CUSTOMER).applies(call, operation)
    assert not Rule(name="", process=params.TURNING).applies(call, operation)
    assert not Rule(name="", material=MaterialCode("EN 1.7225")).applies(call, operation)
    assert not Rule(name="", customer=PeerId(bytes([1]) * 32)).applies(call, operation)
