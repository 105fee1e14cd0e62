"""Work is disputed before three auditors' nodes: they open the sealed design together, vote, and the ruling pays."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from devnet.deploy import PACK
from devnet.federation import Federation, Phases, auditors, running
from devnet.processes import StartError
from node.cli import cli
from node.design.packages import Kind, open_package
from protocol.units import Cents
from tests.devnet.conftest import FACTOR
from tests.devnet.jobs import PARTS, finish, post, settled_balance, until

pytestmark = pytest.mark.slow

MAKER = "cedar"
JURORS = auditors(3)
FEE = 30
"""What a panel costs, in cents."""

Document = dict[str, Any]


@pytest.fixture
def court(tmp_path: Path) -> Iterator[Federation]:
    """A federation with one maker and three auditors, in which panels have a price."""
    phases = Phases(pack=replace(PACK, dispute_fee=Cents(FEE)))
    nodes = ("customer", MAKER, *JURORS)
    with running(tmp_path / "court", lambda _text: None, nodes=nodes, factor=FACTOR, phases=phases) as started:
        yield started


@pytest.fixture
def guildmark(court: Federation) -> Callable[..., Result]:
    """The command line, asking a node by its name."""

    def run(node: str, *words: str) -> Result:
        return CliRunner().invoke(cli, ["--node", str(court.layout.node(node).path), *words, "--json"])

    return run


def told(result: Result) -> Document:
    assert result.exit_code == 0, (result.output, result.exception)
    document: Document = json.loads(result.stdout)
    return document


def test_a_panel_opens_the_design_and_its_ruling_divides_the_price(
    court: Federation, guildmark: Callable[..., Result], tmp_path: Path
) -> None:
    before = settled_balance(court)
    job = post(court, (PARTS / "clip.step").read_bytes(), material="ISO 1043:PLA", quantity=1, tolerance=500)
    with court.client("customer") as client:
        until(lambda: client.job(job)["assignments"], "the job is awarded")
    told(guildmark("customer", "dispute", "open", job, "1", "--reason", "the clip is brittle"))

    def case(node: str) -> Document:
        found = told(guildmark(node, "dispute", "show"))["cases"]
        return next((c for c in found if c["job"] == job and c["role"]), {})

    until(lambda: case("customer").get("customer"), "the ledger holds the objection")
    early = guildmark("auditor", "vault", "open", job, "1", str(tmp_path / "early"))
    assert early.exit_code != 0, "nobody sits on a panel yet, so nobody opens the design"
    told(guildmark("customer", "dispute", "rule", job, "1"))
    told(guildmark(MAKER, "dispute", "offer", job, "95", "1"))
    told(guildmark("customer", "dispute", "offer", job, "5", "1"))
    for juror in JURORS:
        until(lambda juror=juror: case(juror).get("role") == "juror", f"{juror} is drawn")  # type: ignore[misc]

    opened = {juror: _opened(guildmark, juror, job, tmp_path / juror) for juror in JURORS}
    (content,) = set(opened.values())
    assert open_package(content).kind is Kind.MODEL
    assert guildmark(MAKER, "vault", "open", job, "1", str(tmp_path / "maker")).exit_code != 0

    assert sum(len(told(guildmark(juror, "vault", "log"))["given"]) for juror in JURORS) >= len(JURORS), "all is logged"

    for juror, percent in zip(JURORS[:2], ("10", "70"), strict=True):
        told(guildmark(juror, "dispute", "vote", job, percent, "1"))
    until(lambda: sum(seat["sealed"] for seat in case("customer")["panel"]) == 2, "two votes are sealed")
    assert {seat["percent"] for seat in case("customer")["panel"]} == {None}, "no vote is known before all are sealed"
    told(guildmark(JURORS[2], "dispute", "vote", job, "40", "1"))
    for node in ("customer", MAKER, *JURORS):
        until(lambda node=node: case(node).get("outcome") == "judged", f"{node} knows the ruling")  # type: ignore[misc]
    stake = case("customer")["stake_cents"]
    ruling = stake * 40 // 100 - FEE
    assert case("customer")["to_provider_cents"] == ruling

    document = finish(court, job)
    assert document["phase"] == "settled", document["reason"]
    (work,) = document["assignments"]
    assert (work["paid_cents"] + work["fee_cents"], work["refunded_cents"]) == (ruling, stake - ruling)
    until(lambda: settled_balance(court).accounts["auditor"] > before.accounts["auditor"], "jurors take their fees")
    after = settled_balance(court)
    gained = {who: after.accounts[who] - before.accounts[who] for who in before.accounts}
    assert {gained[juror] for juror in JURORS} == {FEE // 3}
    assert gained["customer"] == -ruling - FEE
    assert (after.locked, sum(gained.values())) == (0, 0)


def _opened(guildmark: Callable[..., Result], juror: str, job: str, file: Path) -> bytes:
    told(guildmark(juror, "vault", "open", job, "1", str(file)))
    return file.read_bytes()


def test_a_folder_keeps_the_participants_that_it_began_with(tmp_path: Path) -> None:
    Federation(tmp_path, nodes=auditors(2))
    assert Federation(tmp_path, nodes=auditors(1)).nodes == ("auditor",)
    with pytest.raises(StartError, match="without auditor-3"):
        Federation(tmp_path, nodes=auditors(3))
