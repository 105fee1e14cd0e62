"""A job that is not public is heard by those alone who may; no chain or gossip holds what a design could be found by.

Somebody who belongs to nothing listens to all gossip meanwhile.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from functools import partial
from itertools import product
from pathlib import Path

import httpx
import pytest
import trio

from devnet.federation import Federation
from federation.network.libp2p import Libp2pConfig, open_libp2p
from node.access.routes import action_of
from node.access.table import Role, State, Tie, allows
from node.vault.vault import Vault
from protocol.bulletin import TOPICS
from protocol.ids import JobId
from protocol.seal import expand, open_content
from protocol.stream import whole
from tests.devnet.jobs import PARTS, finish, post
from tests.vault.fingerprints import fingerprints, scan

pytestmark = pytest.mark.slow

BRACKET = (PARTS / "bracket.step").read_bytes()


async def test_a_restricted_job_is_made_and_nobody_else_hears_of_it(federation: Federation) -> None:
    overheard, over = list[bytes](), trio.Event()
    async with trio.open_nursery() as nursery:
        await nursery.start(eavesdrop, federation, overheard, over)
        make = partial(post, federation, BRACKET, due_days=20.0)
        public = await trio.to_thread.run_sync(make)
        secret = await trio.to_thread.run_sync(
            partial(make, classification="restricted", jurisdiction=["DE"], key="restricted")
        )
        documents = [await trio.to_thread.run_sync(finish, federation, job) for job in (public, secret)]
        over.set()
    told, hidden = documents
    assert [told["phase"], hidden["phase"]] == ["settled"] * 2, documents

    assert set(hidden["invited"]) == {"aster", "drake"}
    reasons = {row["provider"]: row["reason"] for row in hidden["not_invited"]}
    assert reasons == {
        "birch": "is cleared for partners, not restricted",
        "cedar": "stands under FR; allowed: DE",
    }
    assert {a["provider"] for a in hidden["assignments"]} <= {"aster", "drake"}
    for name in ("birch", "cedar", "auditor"):
        with federation.client(name) as client:
            assert secret not in {known["job"] for known in client.jobs()["jobs"]}

    gossip = [*overheard, *boards(federation)]
    assert any(bytes.fromhex(public) in straw for straw in gossip)
    assert not any(bytes.fromhex(secret) in straw for straw in gossip)

    ledger = list(chain(federation))
    for document in documents:
        assert any(bytes.fromhex(document["design"]) in straw for straw in ledger)
    needles = fingerprints(documents_of(federation, (public, secret)))
    assert scan(needles, ledger) == []
    assert scan(needles, gossip) == []


async def eavesdrop(
    federation: Federation, overheard: list[bytes], over: trio.Event, task_status: trio.TaskStatus[None]
) -> None:
    """Append everything that is gossiped, as it comes, until it is over."""
    addresses = []
    for name in federation.nodes:
        with federation.client(name) as client:
            addresses += client.status()["addresses"]
    config = Libp2pConfig(seed=b"eavesdropper".ljust(32, b"."), bootstrap=tuple(addresses))
    async with open_libp2p(config) as network, AsyncExitStack() as stack, trio.open_nursery() as nursery:
        for topic in TOPICS:
            judge = lambda _author, _payload: None  # noqa: E731  # everything is passed on
            messages = await stack.enter_async_context(network.subscribe(topic, judge, buffer=1000))
            nursery.start_soon(note, messages, overheard)
        with trio.fail_after(30):
            while not network.peers():
                await trio.sleep(0.05)
        task_status.started()
        await over.wait()
        nursery.cancel_scope.cancel()


async def note(messages: trio.MemoryReceiveChannel[object], overheard: list[bytes]) -> None:
    async for message in messages:
        overheard.append(message.payload)  # type: ignore[attr-defined]  # noqa: PERF401  # seen as it comes


def boards(federation: Federation) -> Iterator[bytes]:
    """Every bulletin that any node still holds."""
    for name in federation.nodes:
        yield from blobs(federation.layout.node(name).database, ("bulletin", "bulletin_mark"))


def chain(federation: Federation) -> Iterator[bytes]:
    """All that the ledger keeps: blocks, receipts, state and logs; it lets nobody else read while it runs."""
    federation.ledger.stop()
    yield from blobs(federation.layout.root / "ledger.sqlite", ("entry", "log", "pending"))
    federation.ledger.start()
    federation.ledger.wait_ready()


def blobs(path: Path, tables: tuple[str, ...]) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for table in tables:
            for row in database.execute(f"SELECT * FROM {table}"):  # noqa: S608  # names of our own
                yield from (value for value in row if isinstance(value, bytes))


def documents_of(federation: Federation, jobs: tuple[str, ...]) -> dict[str, bytes]:
    """The design file and every package of ``jobs`` in clear, from the customer's vault."""
    vault = Vault(federation.layout.node("customer").vault, federation.identity("customer").vault)
    found = {"the design file": BRACKET}
    for job in map(JobId, map(bytes.fromhex, jobs)):
        master = vault._secret(f"{job.hex()}.master")
        for leaf in vault.design(job).leaves:
            key = expand(master, "key", leaf.index)
            content = whole(open_content(key, leaf, vault.ciphertext(job, leaf.index)))
            found[f"package {leaf.index} of {job.hex()[:8]}"] = content
    return found


def test_a_token_lets_its_holder_do_what_its_role_may_and_nothing_else(federation: Federation) -> None:
    home = federation.layout.node("customer")
    url = home.url.read_text().strip()
    with federation.client("customer") as operator:
        tokens = {
            role: operator.access("POST", "/tokens", {"name": f"an {role}", "role": role.value})["token"]
            for role in (Role.CUSTOMER, Role.PROVIDER, Role.AUDITOR)
        }
        jobs = operator.jobs()["jobs"]
    routes = httpx.get(f"{url}/openapi.json").json()["paths"]
    allowed = dict.fromkeys(tokens, 0)
    for path, methods in routes.items():
        if path == "/healthz":
            continue
        for method, (role, token) in product(methods, tokens.items()):
            action = action_of(method.upper(), path)
            may = any(allows(role, action, state, Tie.OWN) for state in State)
            if may and method != "get":
                continue  # it would be done
            answer = httpx.request(method, url + re.sub("{[a-z]+}", "f" * 64, path), headers=bearer(token))
            assert (answer.status_code == 403) is not may, (method, path, role, answer.text)
            allowed[role] += may
    assert min(allowed.values()) > 5
    for token in ("0", "nobody's"):
        assert httpx.get(f"{url}/status", headers=bearer(token)).status_code == 401
    for role, token in tokens.items():
        seen = httpx.get(f"{url}/jobs", headers=bearer(token)).json().get("jobs")
        assert seen == {Role.CUSTOMER: jobs, Role.PROVIDER: [], Role.AUDITOR: None}[role]
    for job in jobs[:1]:
        for role, status in ((Role.CUSTOMER, 200), (Role.PROVIDER, 403), (Role.AUDITOR, 403)):
            answer = httpx.get(f"{url}/jobs/{job['job']}", headers=bearer(tokens[role]))
            assert answer.status_code == status
    with federation.client("customer") as operator:
        operator.access("DELETE", f"/tokens/an {Role.CUSTOMER}")
    assert httpx.get(f"{url}/status", headers=bearer(tokens[Role.CUSTOMER])).status_code == 401


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
