"""An assignment of a running order changes hands for a price, though a bonded bidder and the customer are killed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from devnet.deploy import PACK
from devnet.federation import Phases, running
from devnet.money import balance_of
from node.cli import cli
from protocol.recheck import recheck
from protocol.units import Cents
from tests.devnet.jobs import post, until, wait_for

pytestmark = pytest.mark.slow

SLOW = 400
"""Seconds of plant time in one: the last operation begins long after a tender for it."""

PHASES = Phases(commit=10, reveal=20, pack=replace(PACK, bid_bond=Cents(5_00)))
"""Bids are bonded, and there is time to seal and, after a restart, to open one; an auction ends once all are open."""

NODES = ("customer", "aster", "cedar", "drake")

CHEAPER = """
[[rules]]
name = "an idle probe"
margin_percent = -45
"""


def test_a_shop_that_has_become_cheaper_takes_over_and_the_old_maker_is_compensated(tmp_path: Path) -> None:
    with running(tmp_path, lambda _text: None, nodes=NODES, factor=SLOW, phases=PHASES) as federation:
        before = balance_of(federation)
        job = post(federation)
        wait_for(federation, "customer", job, "OperationAccepted", 3)
        with federation.client("customer") as client:
            assert client.job(job)["assignments"][2]["provider"] == "aster"
            with federation.client("cedar") as cedar:
                cedar.shop("PUT", "/rules", {"text": CHEAPER})
            assert client.improve(job, 3)["improving"] == 3
            until(lambda: len(client.jobs()["jobs"]) == 2, "the tender is posted")
            (tender,) = (one["job"] for one in client.jobs()["jobs"] if one["job"] != job)
        wait_for(federation, "customer", tender, "CommitmentArrived", 2)
        federation.processes["cedar"].kill()
        federation.restart("cedar")
        wait_for(federation, "customer", job, "TenderEnded")
        federation.processes["customer"].kill()
        federation.restart("customer")
        with federation.client("customer") as client:
            until(lambda: client.job(job)["replacements"] or client.job(job)["tried"], "the trial ends")
            document = client.job(job)
            (changed,) = document["replacements"]
            assert (changed["cause"], changed["from"], changed["to"]) == ("improved", "aster", "cedar")
            assert changed["tender"] == tender
            until(lambda: client.job(tender)["terminal"], "the tender's order is over")
            assert recheck(client.transcript(tender)).result.award is not None
            until(lambda: client.job(job)["assignments"][2]["provider"] == "cedar", "the ledger names the better maker")
            made = client.job(job)["assignments"]
        customer = str(federation.layout.node("customer").path)
        metered = CliRunner().invoke(cli, ["--node", customer, "auction", "meter", "--json"])
        assert (metered.exit_code, len(json.loads(metered.stdout)["awards"])) == (0, 1), metered.output
        after = balance_of(federation)
        assert after.accounts["aster"] - before.accounts["aster"] == changed["compensation_cents"] > 0
        assert after.locked == sum(one["price_cents"] for one in made)
        assert before.accounts["customer"] - after.accounts["customer"] == after.locked + changed["compensation_cents"]
