"""An assignment of a running order changes hands for a price, though its customer's node is killed on the way."""

from pathlib import Path

import pytest

from devnet.federation import running
from devnet.money import balance_of
from protocol.recheck import recheck
from tests.devnet.jobs import post, until, wait_for

pytestmark = pytest.mark.slow

SLOW = 600
"""Ten minutes of plant time a second: the last operation begins long after a tender for it."""

CHEAPER = """
[[rules]]
name = "an idle probe"
margin_percent = -45
"""


def test_a_shop_that_has_become_cheaper_takes_over_and_the_old_maker_is_compensated(tmp_path: Path) -> None:
    with running(
        tmp_path, lambda _text: None, nodes=("customer", "aster", "cedar", "drake"), factor=SLOW
    ) as federation:
        before = balance_of(federation)
        job = post(federation)
        wait_for(federation, "customer", job, "OperationAccepted", 3)
        with federation.client("customer") as client:
            assert client.job(job)["assignments"][2]["provider"] == "aster"
            with federation.client("cedar") as cedar:
                cedar.shop("PUT", "/rules", {"text": CHEAPER})
            assert client.improve(job, 3)["improving"] == 3
        wait_for(federation, "customer", job, "TenderEnded")
        federation.processes["customer"].kill()
        federation.restart("customer")
        with federation.client("customer") as client:
            until(lambda: client.job(job)["replacements"] or client.job(job)["tried"], "the trial ends")
            document = client.job(job)
            (changed,) = document["replacements"]
            assert (changed["cause"], changed["from"], changed["to"]) == ("improved", "aster", "cedar"), document[
                "tried"
            ]
            until(lambda: client.job(changed["tender"])["terminal"], "the tender's order is over")
            assert recheck(client.transcript(changed["tender"])).result.award is not None
            until(lambda: client.job(job)["assignments"][2]["provider"] == "cedar", "the ledger names the better maker")
            made = client.job(job)["assignments"]
        after = balance_of(federation)
        assert after.accounts["aster"] - before.accounts["aster"] == changed["compensation_cents"] > 0
        assert after.locked == sum(one["price_cents"] for one in made)
        assert before.accounts["customer"] - after.accounts["customer"] == after.locked + changed["compensation_cents"]
