"""The members of a running federation change its rules, by the commands that people use, and the nodes obey."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from devnet.federation import Federation
from node.cli import cli
from node.errors import RequestError
from tests.devnet.jobs import PARTS, finish, post, settled_balance, until

pytestmark = pytest.mark.slow

TEXT = 'reason = "Carbon has not moved one job."\ncarbon = 20_000\nfee = 175\nbid_bond = 2_000\npremium = 5_000\n'

Guildmark = Callable[..., Result]


@pytest.fixture
def guildmark(federation: Federation) -> Guildmark:
    """The command line, asking a node of the federation by its name."""

    def run(node: str, *words: str) -> Result:
        return CliRunner().invoke(
            cli, ["--node", str(federation.layout.node(node).path), *words], catch_exceptions=True
        )

    return run


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, (result.output, result.exception)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_members_change_the_rules_and_every_node_obeys(
    federation: Federation, guildmark: Guildmark, tmp_path: Path
) -> None:
    clip: dict[str, Any] = {"material": "ISO 1043:PLA", "quantity": 1, "tolerance": 500}
    before = post(federation, (PARTS / "clip.step").read_bytes(), **clip)
    assert finish(federation, before)["phase"] == "settled"
    with pytest.raises(RequestError, match="premium of 5000 basis points is above 0"):
        post(federation, (PARTS / "clip.step").read_bytes(), premium=50.0, **clip)
    file = tmp_path / "proposal.toml"
    file.write_text(TEXT)
    tried = told(guildmark("customer", "gov", "replay", str(file), "--json"))
    assert [auction["job"] for auction in tried["auctions"]].count(before) == 1
    assert "lowest carbon price of a tonne: 100.00 -> 200.00" in tried["changes"]

    filed = told(guildmark("aster", "gov", "propose", str(file), "--json"))
    number = filed["proposal"][:12]
    assert (filed["proposer"], filed["problem"], filed["next"]["action"]) == ("aster", "", "vote")
    again = guildmark("aster", "gov", "propose", str(file))
    assert re.search("not at that step", str(again.exception))

    def stage() -> str:
        return str(told(guildmark("birch", "gov", "show", number, "--json"))["stage"])

    until(lambda: stage() == "active", "the vote begins")
    for member, choice in (("aster", "for"), ("birch", "for"), ("cedar", "against"), ("drake", "abstain")):
        told(guildmark(member, "gov", "vote", number, choice, "--reason", f"says {member}", "--json"))
    twice = guildmark("aster", "gov", "vote", number, "against")
    assert re.search("has voted on it already", str(twice.exception))
    early = guildmark("auditor", "gov", "queue", number)
    assert re.search("not at that step", str(early.exception))
    until(lambda: stage() == "succeeded", "the vote ends")
    queued = told(guildmark("auditor", "gov", "queue", number, "--json"))
    assert queued["stage"] == "queued"
    until(lambda: guildmark("customer", "gov", "execute", number).exit_code == 0, "the timelock lets it through")
    shown = told(guildmark("customer", "gov", "show", number, "--json"))
    assert (shown["stage"], shown["votes"]["for"], shown["votes"]["against"]) == ("executed", 100_000, 50_000)

    def version() -> int:
        return int(told(guildmark("drake", "gov", "show", "--json"))["version"])

    until(lambda: version() == 2, "the notice is over")
    after = post(federation, (PARTS / "clip.step").read_bytes(), premium=50.0, **clip)
    document = finish(federation, after)
    assert document["phase"] == "settled", document["reason"]
    assert {(bond["cents"], bond["stands"]) for bond in document["bonds"]} == {(2_000, "revealed")}
    assert settled_balance(federation).locked == 0
    transcript = tmp_path / "after.transcript"
    told(guildmark("customer", "auction", "save", after, str(transcript), "--json"))
    winners = told(guildmark("customer", "auction", "verify", str(transcript), "--json"))["winners"]
    assert [one["price_cents"] for one in winners] == [one["price_cents"] for one in document["assignments"]]
    payment = told(guildmark("customer", "auction", "explain", str(transcript), "--json"))["payment"]
    assert payment.startswith("paid what each is worth" if any(one["premium_cents"] for one in winners) else "paid as")
    with federation.client("customer") as client:
        assert client.job(before)["rule_pack"] != document["rule_pack"]
    assert document["rule_pack"] == told(guildmark("aster", "gov", "show", "--json"))["digest"]


def test_what_cannot_be_adopted_is_refused_with_the_reason(guildmark: Guildmark, tmp_path: Path) -> None:
    for text, reason in (
        ('reason = "half"\nfee = 5_000\n', "fee is 5000, outside 0 to 1000"),
        ("fee = 10\n", "gives its reason"),
        ('reason = "x"\nfees = 10\n', "fees is no parameter"),
    ):
        file = tmp_path / "proposal.toml"
        file.write_text(text)
        assert re.search(reason, str(guildmark("aster", "gov", "propose", str(file)).exception))
    assert re.search("no proposals begin with", str(guildmark("aster", "gov", "vote", "ffffffff", "for").exception))
