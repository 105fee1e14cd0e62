"""When a provider's card is acceptable, what a capability covers, and what lies between two sites."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.capability import Capability, Card, accept_card, covers, shortfall
from protocol.errors import RejectError
from protocol.ids import MachineId, MaterialCode, ProcessCode
from protocol.job import BidView, Envelope, Operation, Site
from protocol.params import CARD_LIFETIME, MAX_CLOCK_SKEW, MAX_TEXT, PROCESSES
from protocol.units import Grams, Metres, Micrometres, UnixSeconds
from tests.unit.protocol.examples import BOX, START, operation, part, peer
from tests.vectors.messages import machine, messages

MILL = peer("mill")
NOW = UnixSeconds(START)


def example() -> Card:
    (card,) = (message.accepted[0][1] for message in messages() if message.kind is Card)
    assert isinstance(card, Card)
    return card


CARD = example()


def test_a_well_formed_card_is_accepted() -> None:
    accept_card(CARD, signer=MILL, now=NOW)


def test_a_card_at_every_limit_is_accepted() -> None:
    accept_card(
        replace(
            CARD,
            issued=UnixSeconds(NOW + MAX_CLOCK_SKEW),
            expires=UnixSeconds(NOW + MAX_CLOCK_SKEW + CARD_LIFETIME),
            name="n" * MAX_TEXT,
            addresses=("a" * MAX_TEXT * 2,),
        ),
        signer=MILL,
        now=NOW,
    )


def test_a_card_that_its_provider_did_not_sign_is_rejected() -> None:
    with pytest.raises(RejectError, match="not signed by its provider"):
        accept_card(CARD, signer=peer("oven"), now=NOW)


MALFORMED: list[tuple[str, Card, str]] = [
    ("lives too long", replace(CARD, expires=UnixSeconds(CARD.issued + CARD_LIFETIME + 1)), "lifetime"),
    ("expires when it is issued", replace(CARD, expires=CARD.issued), "lifetime"),
    (
        "issued in the future",
        replace(CARD, issued=UnixSeconds(NOW + MAX_CLOCK_SKEW + 1), expires=UnixSeconds(NOW + 600)),
        "future",
    ),
    ("name too long", replace(CARD, name="n" * (MAX_TEXT + 1)), "text is too long"),
    ("address too long", replace(CARD, addresses=("a" * (MAX_TEXT * 2 + 1),)), "text is too long"),
    ("a machine listed twice", replace(CARD, capabilities=(machine("m"), machine("m"))), "listed twice"),
    (
        "an unknown process",
        replace(CARD, capabilities=(replace(machine("m"), process=ProcessCode("magic")),)),
        "unknown process",
    ),
]


@pytest.mark.parametrize(("malformed", "reason"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_a_malformed_card_is_rejected(malformed: Card, reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        accept_card(malformed, signer=MILL, now=NOW)


def test_a_capability_at_every_limit_covers_the_operation() -> None:
    assert shortfall(machine("m"), operation(0), part()) is None


SHORT: list[tuple[Capability, str]] = [
    (replace(machine("m"), process=ProcessCode("ISO 10360")), "works coordinate measuring, not milling"),
    (replace(machine("m"), materials=(MaterialCode("EN AW-6060"),)), "does not work EN AW-6082"),
    (
        replace(machine("m"), envelope=replace(BOX, height=Micrometres(24_999))),
        "takes 80 x 60 x 24.999 mm, not 80 x 60 x 25 mm",
    ),
    (replace(machine("m"), tolerance=Micrometres(101)), "holds 101 um, not 100 um"),
    (replace(machine("m"), max_mass=Grams(299)), "takes 299 g, not 300 g"),
]


@pytest.mark.parametrize(("capability", "reason"), SHORT, ids=[row[1] for row in SHORT])
def test_a_shortfall_names_the_interval_that_fails(capability: Capability, reason: str) -> None:
    assert shortfall(capability, operation(0), part()) == reason
    assert not covers(capability, operation(0), part())


small = st.integers(1, 4)
boxes = st.builds(Envelope, length=small, width=small, height=small)
capabilities = st.builds(
    Capability,
    machine=st.just(MachineId("m")),
    process=st.sampled_from(list(PROCESSES)[:2]),
    materials=st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    envelope=boxes,
    tolerance=small,
    max_mass=small,
)
operations = st.builds(
    Operation,
    index=st.just(0),
    process=st.sampled_from(list(PROCESSES)[:2]),
    envelope=boxes,
    tolerance=small,
    removed=st.just(0),
    mass=small,
    features=st.just(1),
)
parts = st.sampled_from([replace(part(), material=MaterialCode(name)) for name in "ab"])


@settings(max_examples=50, deadline=None)
@given(capabilities, operations, parts)
def test_covers_agrees_with_a_direct_check(capability: Capability, wanted: Operation, of: BidView) -> None:
    box, reach = wanted.envelope, capability.envelope
    turned = (
        (length <= reach.length, width <= reach.width, height <= reach.height)
        for length, width, height in permutations((box.length, box.width, box.height))
    )
    assert covers(capability, wanted, of) == (
        capability.process == wanted.process
        and of.material in capability.materials
        and any(all(edges) for edges in turned)
        and capability.tolerance <= wanted.tolerance
        and capability.max_mass >= wanted.mass
    )


@settings(max_examples=50, deadline=None)
@given(capabilities, operations, parts, boxes, small, small)
def test_a_machine_that_can_do_more_covers_all_that_a_lesser_one_covers(
    capability: Capability, wanted: Operation, of: BidView, more: Envelope, finer: int, stronger: int
) -> None:
    reach = capability.envelope
    better = replace(
        capability,
        materials=(*capability.materials, MaterialCode("c")),
        envelope=Envelope(
            length=Micrometres(reach.length + more.length),
            width=Micrometres(reach.width + more.width),
            height=Micrometres(reach.height + more.height),
        ),
        tolerance=Micrometres(capability.tolerance - finer),
        max_mass=Grams(capability.max_mass + stronger),
    )
    assert covers(better, wanted, of) or not covers(capability, wanted, of)


@settings(max_examples=50, deadline=None)
@given(boxes, boxes)
def test_a_box_fits_alike_in_all_six_orientations(inner: Envelope, outer: Envelope) -> None:
    turned = [
        Envelope(length=length, width=width, height=height)
        for length, width, height in permutations((inner.length, inner.width, inner.height))
    ]
    assert len({box.fits(outer) for box in turned}) == 1
    assert len({outer.fits(box) for box in turned}) == 1
    assert all(box.fits(inner) for box in turned)


def test_the_way_between_two_sites_runs_along_the_grids_axes() -> None:
    here, there = Site(easting=Metres(10), northing=Metres(-20)), Site(easting=Metres(-5), northing=Metres(1))
    assert here.distance(there) == there.distance(here) == 15 + 21
    assert here.distance(here) == 0


def test_a_box_fits_by_its_edges_not_by_its_volume() -> None:
    rod = Envelope(length=Micrometres(100), width=Micrometres(1), height=Micrometres(1))
    cube = Envelope(length=Micrometres(50), width=Micrometres(50), height=Micrometres(50))
    assert not rod.fits(cube)
    assert not cube.fits(rod)
