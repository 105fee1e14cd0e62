"""A made part verifies from the chain and offline; one flipped bit anywhere in its bundle is caught."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from devnet.federation import Federation
from ledger.audit import audit
from ledger.bundle import open_bundle
from ledger.chain import Chain
from ledger.deployment import Deployment
from ledger.proofs import verify
from ledger.verdict import Outcome
from node.errors import RequestError
from node.report import document_of
from node.workflows.audit_file import Roots, audit_file, trust_in
from tests.audit.verifier import PATH
from tests.devnet.jobs import PARTS, assert_made_once, finish, post, settled_balance

pytestmark = pytest.mark.slow

FLIPS = 60


@pytest.fixture(scope="module")
def part(federation: Federation) -> tuple[str, bytes]:
    """A turned, hardened and measured shaft, and its bundle as the auditor got it."""
    before = settled_balance(federation)
    job = post(federation, (PARTS / "shaft.step").read_bytes(), material="EN 1.7225", quantity=2)
    document = finish(federation, job)
    assert document["operations"] == ["turning", "heat treatment", "coordinate measuring"]
    assert_made_once(federation, job, document, before)
    serial = str(document["parts"][1]["serial"])
    with federation.client("auditor") as client:
        return serial, client.bundle(serial)


def test_a_part_verifies_against_the_chain(federation: Federation, part: tuple[str, bytes]) -> None:
    with federation.client("auditor") as client:
        document = client.audit(part[0])
    assert document["verdict"] == "holds"
    assert {check["what"] for check in document["checks"]} >= {"chain", "order", "design", "award", "serial", "quality"}


def test_a_bundle_verifies_offline_and_one_flipped_bit_anywhere_is_caught(
    federation: Federation, part: tuple[str, bytes], tmp_path: Path
) -> None:
    home = str(federation.layout.node("auditor").path)
    path = tmp_path / "part.bundle"
    path.write_bytes(part[1])
    whole = document_of(audit_file(path, Roots(node=home)))
    assert (whole["verdict"], whole["serial"]) == ("holds", part[0])
    draw = random.Random(4711)
    for _ in range(FLIPS):
        broken = bytearray(part[1])
        at = draw.randrange(len(broken))
        broken[at] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(broken))
        assert audit_file(path, Roots(node=home)).verdict is Outcome.CONTRADICTED, f"byte {at} was flipped unnoticed"


def test_an_auditor_that_knows_no_block_says_that_it_cannot_tell(
    federation: Federation, part: tuple[str, bytes], tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    (stranger / "api.url").write_text("http://127.0.0.1:9\n")
    config = federation.layout.node("auditor").config.read_text()
    (stranger / "node.toml").write_text(config)
    (tmp_path / "part.bundle").write_bytes(part[1])
    done = subprocess.run(
        (sys.executable, "-m", "node", "audit", str(tmp_path / "part.bundle"), "--node", str(stranger), "--json"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5, done.stderr
    document = json.loads(done.stdout)
    assert document["verdict"] == "not checkable"
    assert [c["what"] for c in document["checks"] if c["outcome"] != "holds"] == ["chain"]


def test_a_serial_that_was_never_minted_is_unknown(federation: Federation) -> None:
    with federation.client("auditor") as client, pytest.raises(RequestError, match="was ever recorded"):
        client.audit("ab" * 32)


def test_the_chain_alone_is_enough_and_shows_that_the_licences_still_stand(
    federation: Federation, part: tuple[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "part.bundle").write_bytes(part[1])
    roots = Roots(deployment=federation.layout.deployment, rpc=federation.ledger_url)
    document = document_of(audit_file(tmp_path / "part.bundle", roots))
    assert (document["verdict"], document["serial"]) == ("holds", part[0])
    assert "present" in {check["what"] for check in document["checks"]}


def test_the_makers_vouch_for_the_blocks_of_their_work(
    federation: Federation, part: tuple[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "part.bundle").write_bytes(part[1])
    signers = [signed.author.hex() for signed in open_bundle(part[1]).vouchers]
    assert len(signers) >= 2
    roots = Roots(deployment=federation.layout.deployment, signers=signers, quorum=len(signers))
    assert audit_file(tmp_path / "part.bundle", roots).verdict is Outcome.HOLDS


def test_a_whole_lot_is_one_file_and_every_part_of_it_holds(federation: Federation, part: tuple[str, bytes]) -> None:
    with federation.client("auditor") as client:
        content = client.bundle(part[0], lot=True)
    deployment = Deployment.from_json(federation.layout.deployment.read_text())
    chain = Chain(federation.ledger_url, deployment.chain_id)
    report = audit(content, trust_in(chain, deployment, "the chain"))
    assert report.verdict is Outcome.HOLDS
    assert [one.number for one in report.parts] == [1, 2]
    assert report.parts[1].serial == part[0]


def test_the_standalone_verifier_agrees_about_a_part_that_was_really_made(
    federation: Federation, part: tuple[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "part.bundle").write_bytes(part[1])
    headers = [verify(proof).header for proof in open_bundle(part[1]).blocks]
    checkpoints = [f"--checkpoint={header.number}:0x{header.hash.hex()}" for header in headers]
    deployment = str(federation.layout.deployment)
    command = (sys.executable, "-I", str(PATH), str(tmp_path / "part.bundle"), "--deployment", deployment)
    done = subprocess.run((*command, *checkpoints, "--json"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["parts"][0]["serial"] == part[0]
