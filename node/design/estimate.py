"""The customer's range for price, time and CO2 before any bid, with its basis in words; it binds nobody."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from node.design import materials, shop_time
from node.design.errors import MissingFactorError
from node.design.machine_time import furnace_seconds, machining_seconds
from node.design.market import NOTHING_KNOWN, Lead, Market, asked
from node.design.materials import Material
from node.design.rates import Rates
from node.design.routing import Routing
from protocol.ids import ProcessCode
from protocol.job import Operation
from protocol.params import HEAT_TREATMENT, PROCESSES, TRANSPORT_HANDLING
from protocol.units import Cents, Grams, GramsCo2, Seconds, WattHours

N = TypeVar("N", bound=int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Generic[N]):
    """Low and high bound what the likely value may turn out to be."""

    low: N
    likely: N
    high: N


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationEstimate:
    """One operation for the whole order."""

    index: int
    process: ProcessCode
    seconds: Range[Seconds]
    price: Range[Cents]
    card: Cents
    """What the rate card alone says."""

    co2: Range[GramsCo2]
    energy: Range[WattHours]
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The whole order."""

    operations: tuple[OperationEstimate, ...]
    seconds: Range[Seconds]
    """Work of all operations one after the other, with handling between them; queues and transport come on top."""

    price: Range[Cents]
    co2: Range[GramsCo2]
    energy: Range[WattHours]
    stock: Grams
    """Material bought for all parts."""

    scrap: Grams
    """Of it, what does not end up in the parts."""

    basis: tuple[str, ...]
    lead: Lead | None = None
    """Until the order could be done; None where nobody's free time is known."""


def estimate(
    routing: Routing,
    quantity: int,
    rates: Rates,
    *,
    embodied: GramsCo2 | None = None,
    market: Market = NOTHING_KNOWN,
) -> Estimate:
    """Ranges for ``quantity`` parts; more parts or more material to move never cost less.

    ``embodied`` is the customer's figure for a material that has none, grams of CO2 per kilogram.

    Raises:
        MissingFactorError: the material has no CO2 figure and none is given.
    """
    material = _known(materials.find(routing.material), embodied)
    operations = tuple(
        _operation(operation, routing, material, quantity, rates, market) for operation in routing.operations
    )
    handling = Seconds(TRANSPORT_HANDLING * len(operations))
    stock = Grams(quantity * routing.operations[0].mass)
    seconds = _total([row.seconds for row in operations], Seconds)
    return Estimate(
        operations=operations,
        seconds=Range(
            low=Seconds(seconds.low + handling),
            likely=Seconds(seconds.likely + handling),
            high=Seconds(seconds.high + handling),
        ),
        price=_total([row.price for row in operations], Cents),
        co2=_total([row.co2 for row in operations], GramsCo2),
        energy=_total([row.energy for row in operations], WattHours),
        stock=stock,
        scrap=Grams(max(0, stock - quantity * material.mass(routing.shape.volume))),
        basis=(
            f"{material.name}: {(material.embodied or 0) / 1000:g} kg CO2 per kg ({material.embodied_source}).",
            f"Electricity: {rates.grid_source}.",
            f"Hourly rates, material prices and powers: {rates.source}.",
            f"Handling: {TRANSPORT_HANDLING // 60} min per operation. Scrap earns no credit.",
        ),
    )


def _known(material: Material, embodied: GramsCo2 | None) -> Material:
    """The material with a CO2 figure."""
    if material.embodied is not None:
        return material
    if embodied is None:
        raise MissingFactorError(material.code)
    return replace(material, embodied=embodied, embodied_source="the customer's figure")


def _operation(
    operation: Operation, routing: Routing, material: Material, quantity: int, rates: Rates, market: Market
) -> OperationEstimate:
    rate = rates.machines[operation.process]
    work, words = _work(operation, routing, material, quantity, rates)
    seconds = work + rate.setup
    stock = quantity * operation.mass if operation.index == 0 else 0
    stock_price = _up(stock * rates.material[material.family], 1000)
    price = _up(seconds * rate.hour, 3600) + stock_price
    energy = WattHours(_up(seconds * rate.power, 3600))
    co2 = _up(stock * (material.embodied or 0), 1000) + _up(energy * rates.grid, 1000)
    times = _spread(Seconds(seconds), rate.spread, Seconds)
    prices = _spread(Cents(price), rate.spread, Cents)
    told = asked(market, operation.process, work=(times.low, times.likely, times.high), stock=stock_price, card=price)
    if told is not None:
        prices = Range(low=told.low, likely=told.likely, high=told.high)
    an_hour = f"{rate.hour / 100:.2f} an hour" if told is None else told.words
    parts = [f"{PROCESSES[operation.process]}: {words}, {rate.setup // 60} min set-up, {an_hour}"]
    if stock:
        parts.append(f"{stock / 1000:g} kg of stock at {rates.material[material.family] / 100:.2f} a kg")
    parts.append(f"{rate.power / 1000:g} kW; give or take {rate.spread} %")
    return OperationEstimate(
        index=operation.index,
        process=operation.process,
        seconds=times,
        price=prices,
        card=Cents(price),
        co2=_spread(GramsCo2(co2), rate.spread, GramsCo2),
        energy=_spread(energy, rate.spread, WattHours),
        basis=", ".join(parts),
    )


def _work(
    operation: Operation, routing: Routing, material: Material, quantity: int, rates: Rates
) -> tuple[Seconds, str]:
    """Machine time for the order without set-up, and the formula in words."""
    if operation.process == HEAT_TREATMENT:
        cycle = Seconds(60 * sum(step.hold for step in material.treatment))
        seconds = furnace_seconds(operation.mass, quantity, cycle=cycle, capacity=rates.furnace)
        return seconds, f"{seconds // cycle} charge(s) of {rates.furnace / 1000:g} kg, {cycle // 60} min each"
    found = shop_time.model(operation, routing.shape, material.family)
    if found is not None:
        return Seconds(quantity * found.seconds), f"{quantity} x {found.seconds} s ({found.words})"
    pace = rates.paces[operation.process, material.family]
    each = machining_seconds(operation, pace)
    terms = [f"{pace.load} s loading"]
    if pace.volume:
        terms.append(f"{operation.removed} mm3 at {pace.volume} mm3/min")
    if pace.feature:
        terms.append(f"{operation.features} features of {pace.feature} s")
    return Seconds(quantity * each), f"{quantity} x {each} s ({' + '.join(terms)}; {pace.source})"


def _spread(likely: N, percent: int, unit: Callable[[int], N]) -> Range[N]:
    low, high = likely * (100 - percent) // 100, _up(likely * (100 + percent), 100)
    return Range(low=unit(low), likely=likely, high=unit(high))


def _total(ranges: list[Range[N]], unit: Callable[[int], N]) -> Range[N]:
    return Range(
        low=unit(sum(row.low for row in ranges)),
        likely=unit(sum(row.likely for row in ranges)),
        high=unit(sum(row.high for row in ranges)),
    )


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
