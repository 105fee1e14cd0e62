"""What an auditor says it trusts, on the command line, and what the report says of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger.audit import audit as audit_content
from ledger.errors import UnavailableError
from ledger.layout import LicenceWord
from ledger.verdict import Outcome
from node.cli import cli
from node.errors import ConfigError, RequestError
from node.workflows.audit_file import Roots, trust_of
from protocol.wire import encode
from tests.audit.cases import true
from tests.audit.make_vectors import trusted
from tests.audit.world import account
from tests.unit.protocol.examples import peer

BUNDLE, GIVEN = true()
ROOTS = trusted(GIVEN)
Audit = Callable[..., Result]


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    """``guildmark audit`` on a bundle file, with a deployment beside it and no node anywhere."""
    (tmp_path / "part.bundle").write_bytes(encode(BUNDLE))
    others = ("token", "timelock", "governor", "treasury", "rules", "disputes", "passports")
    named = dict.fromkeys(others, "0x" + "00" * 20)
    (tmp_path / "deployment.json").write_text(json.dumps({"block": 0, **named, **ROOTS["deployment"]}))

    def run(*arguments: str) -> Result:
        command = ["audit", str(tmp_path / "part.bundle"), "--node", str(tmp_path / "nowhere"), "--json", *arguments]
        return CliRunner().invoke(cli, [word.replace("HERE", str(tmp_path)) for word in command])

    return run


def checks(result: Result) -> dict[str, str]:
    return {check["what"]: check["outcome"] for check in json.loads(result.stdout)["checks"]}


DEPLOYMENT = ("--deployment", "HERE/deployment.json")
CHECKPOINTS = tuple(f"--checkpoint={text}" for text in ROOTS["checkpoints"])
SIGNERS = tuple(f"--signer={peer(name).hex()}" for name in ("mill", "lathe"))


def test_a_deployment_and_all_checkpoints_are_enough(audit: Audit) -> None:
    result = audit(*DEPLOYMENT, *CHECKPOINTS)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["verdict"] == "holds"
    assert len(document["trusted"]) == 1 + len(ROOTS["checkpoints"])
    assert "deployment.json" in document["trusted"][0]
    assert any("after block" in what for what in document["unchecked"])


def test_signers_stand_in_for_checkpoints_once_enough_of_them_agree(audit: Audit) -> None:
    result = audit(*DEPLOYMENT, *SIGNERS, "--quorum=2")
    assert result.exit_code == 0
    assert peer("mill").hex() in json.loads(result.stdout)["trusted"][-1]
    result = audit(*DEPLOYMENT, SIGNERS[0], f"--signer={peer('stranger').hex()}", "--quorum=2")
    assert result.exit_code == 5
    assert {what for what, outcome in checks(result).items() if outcome != "holds"} == {"chain"}


def test_one_block_that_is_missing_makes_the_chain_not_checkable_and_is_named(audit: Audit) -> None:
    result = audit(*DEPLOYMENT, *CHECKPOINTS[:3], *CHECKPOINTS[4:])
    assert result.exit_code == 5
    (chain,) = [check for check in json.loads(result.stdout)["checks"] if check["what"] == "chain"]
    assert chain["text"] == f"1 of {len(BUNDLE.blocks)} blocks are not known here (3)"


def test_nothing_is_trusted_by_default(audit: Audit) -> None:
    result = audit()
    assert result.exit_code == 5
    assert json.loads(result.stdout)["trusted"] == []
    assert {what for what, outcome in checks(result).items() if outcome != "holds"} == {"deployment", "chain"}


def test_a_wrong_checkpoint_contradicts(audit: Audit) -> None:
    assert audit(*DEPLOYMENT, *CHECKPOINTS, f"--checkpoint=3:0x{'00' * 32}").exit_code == 3


def test_the_printed_report_is_one_page_without_scripts_or_sources(audit: Audit, tmp_path: Path) -> None:
    audit(*DEPLOYMENT, *CHECKPOINTS, "--html", "HERE/report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    for needed in ("@media print", "prefers-color-scheme: dark", "<strong>holds</strong>", "Not checked", "Trusted"):
        assert needed in page


@pytest.mark.parametrize(
    ("roots", "error"),
    [
        ({"checkpoints": ["x:0x00"]}, RequestError),
        ({"checkpoints": ["7:0x00"]}, RequestError),
        ({"checkpoints": ["7"]}, RequestError),
        ({"checkpoints": ["-7:0x" + "00" * 32]}, RequestError),
        ({"signers": ["ab"]}, RequestError),
        ({"signers": ["ab" * 32], "quorum": 2}, RequestError),
        ({"quorum": 0}, RequestError),
        ({"rpc": "http://127.0.0.1:1"}, ConfigError),
        ({"deployment": Path("/nowhere/deployment.json")}, ConfigError),
    ],
)
def test_a_root_that_is_none_is_refused(roots: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        trust_of(Roots(**roots))


def test_an_endpoint_that_falls_silent_makes_nothing_contradicted() -> None:
    def silent(_asked: object) -> Any:
        raise UnavailableError("it does not answer")

    for trust in (replace(GIVEN.trust, block_hash=silent), replace(GIVEN.trust, licence=silent)):
        report = audit_content(encode(BUNDLE), trust)
        (gap,) = [check for check in report.checks if check.outcome is not Outcome.HOLDS]
        assert (gap.outcome, gap.text) == (Outcome.NOT_CHECKABLE, "the chain cannot be asked: it does not answer")


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ({}, Outcome.HOLDS),
        ({"revoked": True}, Outcome.HOLDS),
        ({"made": 3}, Outcome.CONTRADICTED),
        ({"owner": account("mill")}, Outcome.CONTRADICTED),
    ],
)
def test_a_live_chain_says_what_became_of_the_licences(word: dict[str, Any], outcome: Outcome) -> None:
    now = {"owner": account("customer"), "units": 2, "made": 2, "revoked": False, **word}
    report = audit_content(encode(BUNDLE), replace(GIVEN.trust, licence=lambda _: LicenceWord(**now)))
    (found,) = [check for check in report.checks if check.what == "present"]
    assert found.outcome is outcome
