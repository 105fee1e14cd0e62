"""The customer's node makes code for the machine that a winner describes; whoever describes none gets the model."""

import tomllib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import trio

from federation.errors import RefusedError
from node.config import ShopConfig
from node.design.cache import Cache
from node.design.intake import open_intake
from node.design.packages import Kind, open_package
from node.design.reading import Options
from node.machine_code import trace
from node.machine_code.handout import handout
from node.machine_code.mark import Mark
from node.vault.vault import Vault
from node.workflows.equipment import profile_for
from node.workflows.issuing import Issuer, Outcome
from node.workflows.posted import JobPosted, Post
from protocol.ids import JobId, MachineId
from protocol.params import MILLING
from protocol.profile import Profile
from protocol.requests import PackageRequest
from protocol.signed import sign
from protocol.stream import chunks_of
from protocol.topics import CALL
from protocol.units import UnixSeconds
from protocol.wire import encode
from tests.auction.sealed import small_call
from tests.design import drawn
from tests.design.samples import ALUMINIUM, ROOT, STAINLESS, um
from tests.unit.protocol.examples import CUSTOMER_SEED, peer, seed

JOB, WINNER = JobId(bytes([7]) * 32), peer("aster")
PLATE = drawn.dxf(
    drawn.polyline((0, 0, 0), (60, 0, 0), (60, 40, 0), (0, 40, 0)), drawn.circle(15, 20, 5), drawn.circle(45, 20, 5)
)


def shop(name: str) -> ShopConfig:
    return ShopConfig.model_validate(tomllib.loads((ROOT / "devnet" / "nodes" / f"{name}.toml").read_text())["shop"])


def asked(profile: Profile | None) -> PackageRequest:
    return PackageRequest(job=JOB, operation=0, key=bytes(32), profile=profile)


def post_of(vault: Vault) -> Post:
    """The plate, milled, with its design sealed."""
    call = small_call()
    operation = replace(call.operations[0], process=MILLING)
    call = replace(call, job=JOB, part=replace(call.part, material=ALUMINIUM), operations=(operation,))
    posted = JobPosted(
        title="plate.dxf",
        owner=call.orders,
        call=sign(CUSTOMER_SEED, CALL, encode(call)),
        sealed=vault.seal(JOB, [chunks_of(PLATE), chunks_of(b"the model")]),
        reading=Options(thickness=um(3)),
        deadline=UnixSeconds(1000),
        min_commit=1,
        expected=(),
        notes=(),
    )
    return Post(posted=posted, call=call)


async def made(issuer: Issuer, state: Post, request: PackageRequest) -> Outcome:
    """As a winner asks: again and again, each time waiting for some seconds."""
    while True:
        with suppress(RefusedError):
            return await issuer.outcome(state, request, WINNER)


async def test_a_mill_that_is_described_gets_its_programme_and_every_other_machine_the_model(tmp_path: Path) -> None:
    mill = profile_for(shop("aster"), MachineId("aster-mill"), ALUMINIUM)
    laser = profile_for(shop("birch"), MachineId("birch-laser"), ALUMINIUM)
    assert mill is not None
    assert laser is not None
    vault = Vault(tmp_path, seed("customer's vault"))
    state = post_of(vault)
    async with open_intake(cache=Cache(0)) as intake, trio.open_nursery() as nursery:
        issuer = Issuer(vault=vault, intake=intake, secret=bytes(32))
        issuer.open(nursery)
        with trio.fail_after(120):
            assert await issuer.outcome(state, asked(None), WINNER) == Outcome()
            assert "not of one machine for the operation" in (await issuer.outcome(state, asked(laser), WINNER)).note
            found = await made(issuer, state, asked(mill))
    assert found.package is not None, found.note
    assert found.issued is not None
    package = open_package(found.package)
    programmes = handout(package)
    assert package.kind is Kind.MACHINE_CODE
    assert any("T" in line for line in programmes.lines)
    for text in programmes.files.values():
        assert trace.matches(trace.read(text), [Mark(found.issued.mark)])
        assert b"plate" not in text
    assert len(found.issued.files) == len(programmes.files) > 0


def test_tools_that_their_owner_does_not_trust_in_a_material_are_not_offered() -> None:
    assert profile_for(shop("aster"), MachineId("aster-mill"), STAINLESS) is None
    assert profile_for(shop("birch"), MachineId("birch-mill"), ALUMINIUM) is None
