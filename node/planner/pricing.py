"""What an operation must earn on a machine, row by row, so that the owner sees why; in cents, rounded up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from node.planner.machine import Adopted, Machine
from node.planner.timing import duration, energy
from protocol.auction import Rise
from protocol.job import Operation
from protocol.params import MAX_RISES
from protocol.units import NOTHING, BasisPoints, Cents, Seconds, UnixSeconds

WHOLE = 10_000
"""Basis points in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Why a price is what it is."""

    time: Cents
    """Machine and operator, the set-up included."""

    setup: Cents
    """Programming, fixtures, first-part check."""

    electricity: Cents
    changeover: Cents
    """Changing the machine over, or what that saves (negative) because the family is already on it."""

    displaced: Cents
    """Delay of other work that has to make room."""

    rework: Cents
    """What the twin expects to be done again."""

    margin: Cents
    pace: Adopted | None = None
    """What its time rests on beside the configuration."""

    @property
    def cost(self) -> Cents:
        """Marginal cost: everything but the margin."""
        return Cents(self.time + self.setup + self.electricity + self.changeover + self.displaced + self.rework)

    @property
    def price(self) -> Cents:
        """What is asked; at least one cent."""
        return Cents(max(1, self.cost + self.margin))


def basis(machine: Machine, operations: Sequence[Operation], quantity: int, *, margin: BasisPoints) -> Basis:
    """The rows of the price of operations made in one go, wherever they go; programming and fixtures count once."""
    rates = machine.rates
    time = sum(up(duration(machine, operation, quantity) * rates.hour, 3600) for operation in operations)
    power = sum(up(energy(machine, operation, quantity) * rates.kilowatt_hour, 1000) for operation in operations)
    rework = up((time + power) * machine.rework, WHOLE)
    return Basis(
        time=Cents(time),
        setup=rates.setup,
        electricity=Cents(power),
        changeover=NOTHING,
        displaced=NOTHING,
        rework=Cents(rework),
        margin=Cents(up((time + rates.setup + power + rework) * margin, WHOLE)),
        pace=machine.adopted,
    )


def placed(row: Basis, machine: Machine, *, margin: BasisPoints, changeover: Seconds, displaced: Cents) -> Basis:
    """The rows at one place.

    Args:
        row: wherever it goes.
        changeover: extra machine time for changing over; negative if it saves some.
        displaced: what other work loses.
    """
    change = up(changeover * machine.rates.hour, 3600)
    if (change, displaced) == (row.changeover, row.displaced):
        return row
    cost = row.cost - row.changeover - row.displaced + change + displaced
    return replace(row, changeover=Cents(change), displaced=displaced, margin=Cents(up(cost * margin, WHOLE)))


def curve(opens: UnixSeconds, closes: UnixSeconds, price: Cents, waiting: Cents) -> tuple[Rise, ...]:
    """How a window's price rises: each step asks for the hours kept until it at ``waiting`` an hour."""
    if not waiting:
        return ()
    starts = {UnixSeconds(opens + (closes - opens) * step // MAX_RISES) for step in range(1, MAX_RISES + 1)}
    prices = [(start, Cents(price + (start - opens) * waiting // 3600)) for start in sorted(starts)]
    rises: list[Rise] = []
    for start, dearer in prices:
        if dearer > (rises[-1].price if rises else price):
            rises.append(Rise(start=start, price=dearer))
    return tuple(rises)


def up(dividend: int, divisor: int) -> int:
    """Division rounded up: in the provider's favour."""
    return -(-dividend // divisor)
