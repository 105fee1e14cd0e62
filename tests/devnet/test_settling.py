"""In a running federation, by the commands people use: a maker steps back, another quarrels, and the job goes on."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from devnet.federation import Federation
from tests.devnet.jobs import Document, assert_nothing_held, finish, post, settled_balance, until, wait_for
from tests.devnet.jobs import say as said

pytestmark = pytest.mark.slow


Say = Callable[..., Document]


@pytest.fixture
def say(federation: Federation) -> Say:
    """What the command line prints, asking a node of the federation by its name."""
    return partial(said, federation)


def test_a_maker_is_replaced_and_a_quarrel_settled_while_the_job_goes_on(federation: Federation, say: Say) -> None:
    before = settled_balance(federation)
    job = post(federation)
    wait_for(federation, "customer", job, "OperationAccepted", 3)
    with federation.client("customer") as client:
        maker, _, inspector = (str(a["provider"]) for a in client.job(job)["assignments"])
    say(inspector, "shop", "give-back", job, "3", "--reason", "the probe is broken")
    say("customer", "dispute", "open", job, "1", "--reason", "the faces are scratched")

    def case(node: str) -> dict[str, Any]:
        found = say(node, "dispute", "show")["cases"]
        return next((c for c in found if (c["job"], c["number"]) == (job, 1) and c["role"]), {})

    until(lambda: case("customer"), "the ledger holds the objection")
    assert case("customer")["reason"] == "the faces are scratched"
    say("customer", "dispute", "offer", job, "60", "1")
    until(lambda: case(maker).get("offered_percent") == 60, "the maker hears of the offer")
    for party in ("customer", maker):  # a quarrel outlives its parties' processes
        federation.processes[party].kill()
        federation.restart(party)
    assert case(maker).get("offered_percent") == 60
    say(maker, "dispute", "accept", job, "1")
    until(lambda: case(maker)["outcome"] and case("customer")["outcome"], "both sides know that the case is decided")
    assert (case(maker)["outcome"], case("customer")["outcome"]) == ("settled", "settled")

    document = finish(federation, job)
    assert document["phase"] == "settled", document["reason"]
    (replaced,) = document["replacements"]
    assert (replaced["number"], replaced["cause"], replaced["from"], replaced["parts"]) == (
        3,
        "declined",
        inspector,
        "moved",
    )
    first, _, last = document["assignments"]
    assert last["provider"] == replaced["to"] != inspector
    assert first["paid_cents"] + first["fee_cents"] == first["price_cents"] * 60 // 100
    assert first["refunded_cents"] == first["price_cents"] - first["price_cents"] * 60 // 100
    after = settled_balance(federation)
    assert after.locked == 0
    assert sum(after.accounts.values()) == sum(before.accounts.values())
    with federation.client("customer") as client:
        until(lambda: all(part["passport"] for part in client.job(job)["parts"]), "every part has its passport")
    with federation.client("auditor") as client:
        report = client.audit(document["parts"][0]["serial"])
    assert report["verdict"] == "holds", report["checks"]
    (passport,) = (check for check in report["checks"] if check["what"] == "passport")
    assert "points at the part's last record" in passport["text"]
    assert_nothing_held(federation, job)


def test_a_job_is_taken_back_and_ordered_anew_once(federation: Federation, say: Say) -> None:
    before = settled_balance(federation)
    first = post(federation)
    say("customer", "cancel", first)
    assert finish(federation, first)["reason"] == "taken back by its customer"
    second = say("customer", "again", first)
    assert second["again"] == first
    assert say("customer", "again", first)["job"] == second["job"] != first
    say("customer", "cancel", second["job"])
    assert finish(federation, second["job"])["phase"] == "cancelled"
    assert settled_balance(federation) == before
