"""Posts jobs in a running federation, waits for what happens to them, and counts what must not change."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from devnet.federation import CHAIN_ID, Federation
from devnet.money import Balance, balance_of
from ledger.chain import Chain
from ledger.contracts import contracts_at
from ledger.deployment import Deployment
from node.cli import cli
from node.faults import NodeUnreachableError

PARTS = Path(__file__).parents[2] / "devnet" / "parts"
PROVIDERS = ("aster", "birch", "cedar", "drake")
SECONDS = 90.0

Document = dict[str, Any]


def until(claim: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Wait for a condition of another process, with a deadline."""
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


def post(federation: Federation, content: bytes | None = None, **wishes: Any) -> str:
    """Post the bracket, or another file, and return the job."""
    with federation.client("customer") as client:
        document = client.post("part.step", content or (PARTS / "bracket.step").read_bytes(), wishes)
    return str(document["job"])


def say(federation: Federation, node: str, *words: str) -> Document:
    """What the command line prints, asking a node of the federation by its name."""
    result = CliRunner().invoke(cli, ["--node", str(federation.layout.node(node).path), *words, "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    document: Document = json.loads(result.stdout)
    return document


def finish(federation: Federation, job: str) -> Document:
    """The job once it is terminal."""
    with federation.client("customer") as client:
        until(lambda: client.job(job)["terminal"], "the job ends")
        return client.job(job)


def wait_for(federation: Federation, node: str, job: str, kind: str, count: int = 1) -> None:
    """Return as soon as the node's log of the job holds ``count`` events of a kind."""
    with federation.client(node) as client:
        until(lambda: job in {known["job"] for known in client.jobs()["jobs"]}, f"{node} knows the job")
        found = 0
        try:
            for event in client.events(job):
                found += event["kind"] == kind
                if found >= count:
                    return
        except NodeUnreachableError:
            pass
    raise AssertionError(f"the job ended before {count} x {kind} at {node}")


def settled_balance(federation: Federation) -> Balance:
    """Holdings once every participant has withdrawn its credit."""
    return balance_of(federation, settled=True)


def assert_made_once(federation: Federation, job: str, document: Document, before: Balance) -> None:
    """Every step and every coin exactly once."""
    assert document["phase"] == "settled", document["reason"]
    quantity = document["quantity"]
    assert len({part["serial"] for part in document["parts"]}) == quantity
    assert [a["steps"] for a in document["assignments"]] == [quantity] * len(document["assignments"])
    after = settled_balance(federation)
    paid = {who: after.accounts[who] - before.accounts[who] for who in before.accounts}
    assert sum(paid.values()) == 0
    assert after.locked == 0
    prices = sum(a["price_cents"] for a in document["assignments"])
    assert paid["customer"] == -prices
    assert recorded_units(federation, job) == [quantity] * len(document["operations"])


def recorded_units(federation: Federation, job: str) -> list[int]:
    """Units counted under each licence of the job, from the chain itself."""
    contracts = contracts_at(Deployment.from_json(federation.layout.deployment.read_text()))
    chain = Chain(federation.ledger_url, CHAIN_ID)
    logs = chain.logs(contracts.block, chain.head().number, contracts.addresses)
    events = [contracts.designs.decode(log) for log in logs]
    design = bytes.fromhex(_design(federation, job))
    licences = [e.licence for e in events if type(e).__name__ == "Licensed" and e.commitment == design]  # type: ignore[union-attr]
    return [contracts.designs.made(chain, licence) for licence in licences]


def assert_nothing_held(federation: Federation, job: str) -> None:
    """No slot, bond or escrow outlives the job."""
    for name in PROVIDERS:
        with federation.client(name) as client:
            until(
                lambda client=client: all(  # type: ignore[misc]
                    client.job(known["job"])["terminal"] for known in client.jobs()["jobs"] if known["job"] == job
                ),
                f"{name} lets go of the job",
            )
            assert not [task for task in client.schedule()["tasks"] if task["key"].startswith(job)]


def _design(federation: Federation, job: str) -> str:
    with federation.client("customer") as client:
        return str(client.job(job)["design"])
