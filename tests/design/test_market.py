"""Prices by what the network asks and paid, lead times by when machines are free; each with its basis."""

from dataclasses import replace

import pytest

from federation.directory import Directory
from node.design.estimate import Estimate, estimate
from node.design.findings import Severity
from node.design.market import ENOUGH, Market
from node.design.rates import DEFAULT
from node.design.routing import plan
from node.workflows.market import candidates, lead, market
from protocol.capability import Capability, Card
from protocol.capacity import Capacity
from protocol.ids import Address, EncryptionKey, MachineId, MaterialCode
from protocol.job import Envelope, Site
from protocol.params import DAY, HEAT_TREATMENT, INSPECTION, MILLING, TRANSPORT_HANDLING
from protocol.units import Cents, Grams, Metres, Micrometres, UnixSeconds
from tests.design.samples import C45, model, um
from tests.unit.protocol.examples import part, peer

ROUTING = plan(model(), material=C45, quantity=4, tolerance=um(0.5))
WALL = UnixSeconds(1_000)
NOW = UnixSeconds(20_000 * DAY)
LARGE = Envelope(length=Micrometres(900_000), width=Micrometres(900_000), height=Micrometres(900_000))


def machine(name: str, process: str, hour: int | None) -> Capability:
    return Capability(
        machine=MachineId(name),
        process=process,  # type: ignore[arg-type]
        materials=(MaterialCode("EN AW-6082"), C45),
        envelope=LARGE,
        tolerance=Micrometres(1),
        max_mass=Grams(100_000),
        hour=None if hour is None else Cents(hour),
    )


def known(*machines: Capability, free: tuple[int, ...] = (4,) * 14) -> Directory:
    directory = Directory()
    for number, capability in enumerate(machines):
        shop = peer(f"shop {number}")
        card = Card(
            provider=shop,
            account=Address(bytes(20)),
            name=f"shop {number}",
            encryption_key=EncryptionKey(bytes(32)),
            addresses=(),
            site=Site(easting=Metres(0), northing=Metres(0)),
            capabilities=(capability,),
            issued=WALL,
            expires=UnixSeconds(WALL + 100),
        )
        directory.learn(card)
        directory.learn_capacity(Capacity(provider=shop, machine=capability.machine, since=NOW, free=free))
    return directory


EVERY = (machine("mill", MILLING, 6_000), machine("oven", HEAT_TREATMENT, None), machine("cmm", INSPECTION, 5_000))


def by(directory: Directory) -> Estimate:
    view = part()
    return estimate(ROUTING, 4, DEFAULT, market=market(directory, ROUTING.operations, view, (), now=NOW, wall=WALL))


def test_advertised_rates_make_the_price_and_are_named() -> None:
    found = by(known(machine("a", MILLING, 6_000), machine("b", MILLING, 9_000), machine("c", MILLING, None)))
    milling = found.operations[0]
    assert "2 machines are advertised at 60.00 to 90.00 an hour" in milling.basis
    stock = _stock(milling.basis)
    assert milling.price.low == -(-milling.seconds.low * 6_000 // 3600) + stock
    assert milling.price.high == -(-milling.seconds.high * 9_000 // 3600) + stock
    assert milling.price.low <= milling.price.likely <= milling.price.high
    assert "advertised" not in found.operations[1].basis


def test_rates_of_machines_that_cannot_take_the_part_say_nothing() -> None:
    coarse = replace(machine("coarse", MILLING, 9_000), tolerance=Micrometres(600))
    assert "one machine is advertised at 60.00" in by(known(machine("a", MILLING, 6_000), coarse)).operations[0].basis


def test_every_provider_is_judged_by_its_own_card_and_not_by_one_house_rule() -> None:
    fine, coarse = machine("fine", MILLING, 6_000), machine("coarse", MILLING, None)
    small = Envelope(length=Micrometres(50_000), width=Micrometres(50_000), height=Micrometres(50_000))
    cramped = replace(machine("cramped", MILLING, None), envelope=small)
    coarse = replace(coarse, tolerance=Micrometres(600))
    found = candidates(known(fine, coarse, cramped, EVERY[1]), ROUTING, part(), now=NOW, wall=WALL)
    blocks = {row.machine: [f.code for f in row.findings if f.severity is Severity.BLOCK] for row in found}
    assert blocks == {"fine": [], "oven": [], "coarse": ["TOLERANCE_OUT_OF_REACH"], "cramped": ["TOO_LARGE"]}
    told = {row.machine: (row.operation, row.misfit, row.hour) for row in found}
    assert told["fine"] == (0, "", 6_000)
    assert told["oven"] == (1, "", None)
    assert told["coarse"][1] == "holds 600 um, not 500 um"
    assert told["cramped"][1].startswith("takes 50 x 50 x 50 mm, not ")
    assert found[0].machine == "fine"


def _stock(basis: str) -> int:
    kilograms, cents = basis.split(" kg of stock at ")
    return -(-round(1000 * float(kilograms.split(", ")[-1])) * round(100 * float(cents.split(" ")[0])) // 1000)


def test_past_awards_outweigh_advertised_rates_once_there_are_enough() -> None:
    hours = {MILLING: (Cents(6_000),)}
    few = estimate(ROUTING, 4, DEFAULT, market=Market(hours=hours, paid={MILLING: (80,) * (ENOUGH - 1)}))
    assert "one machine is advertised" in few.operations[0].basis
    paid = Market(hours=hours, paid={MILLING: (80, 100, 150)})
    row = estimate(ROUTING, 4, DEFAULT, market=paid).operations[0]
    assert "3 past awards came to 80 to 150 % of the rate card, half of them above 100 %" in row.basis
    assert (row.price.likely, row.price.low) == (row.card, -(-row.card * 80 // 100))


def test_who_knows_nobody_has_the_rate_card() -> None:
    found = by(Directory())
    assert all(row.price.likely == row.card for row in found.operations)
    assert "an hour" in found.operations[0].basis


def test_the_lead_time_follows_advertised_free_time() -> None:
    taken = by(known(*EVERY))
    idle = lead(known(*EVERY), ROUTING.operations, part(), taken, now=NOW, wall=WALL)
    assert idle is not None
    work = sum(row.seconds.likely for row in taken.operations)
    assert idle.likely == work + TRANSPORT_HANDLING * len(taken.operations)
    busy = lead(known(*EVERY, free=(0, 0, 0, *(2,) * 11)), ROUTING.operations, part(), taken, now=NOW, wall=WALL)
    assert busy is not None
    assert busy.likely > 3 * DAY
    assert busy.low <= busy.likely <= busy.high
    assert "3 machines" in busy.words


@pytest.mark.parametrize("directory", [known(), known(*EVERY[:2]), known(*EVERY, free=(0,) * 14)])
def test_without_free_machines_for_every_operation_there_is_no_lead_time(directory: Directory) -> None:
    assert lead(directory, ROUTING.operations, part(), by(directory), now=NOW, wall=WALL) is None
