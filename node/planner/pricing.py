"""What an operation must earn on a machine, row by row, so that the owner sees why; in cents, rounded up."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.planner.machine import Machine
from node.planner.timing import duration, energy
from protocol.job import Operation
from protocol.units import NO_TIME, NOTHING, BasisPoints, Cents, Seconds

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

    @property
    def cost(self) -> Cents:
        """Marginal cost: everything but the margin."""
        return Cents(self.time + self.setup + self.electricity + self.changeover + self.displaced + self.rework)

    @property
    def price(self) -> Cents:
        """What is asked; at least one cent."""
        return Cents(max(1, self.cost + self.margin))


def basis(
    machine: Machine,
    operation: Operation,
    quantity: int,
    *,
    margin: BasisPoints,
    changeover: Seconds = NO_TIME,
    displaced: Cents = NOTHING,
) -> Basis:
    """The rows of a price.

    Args:
        changeover: extra machine time for changing over; negative if it saves some.
        displaced: what other work loses.
    """
    rates = machine.rates
    time = up(duration(machine, operation, quantity) * rates.hour, 3600)
    electricity = up(energy(machine, operation, quantity) * rates.kilowatt_hour, 1000)
    change = up(changeover * rates.hour, 3600)
    rework = up((time + electricity) * machine.rework, WHOLE)
    cost = time + rates.setup + electricity + change + displaced + rework
    return Basis(
        time=Cents(time),
        setup=rates.setup,
        electricity=Cents(electricity),
        changeover=Cents(change),
        displaced=displaced,
        rework=Cents(rework),
        margin=Cents(up(cost * margin, WHOLE)),
    )


def joined(rows: Sequence[Basis]) -> Basis:
    """The basis of operations that are made in one go: rows added up, programming and fixtures counted once."""
    if len(rows) == 1:
        return rows[0]
    return Basis(
        time=Cents(sum(row.time for row in rows)),
        setup=max(row.setup for row in rows),
        electricity=Cents(sum(row.electricity for row in rows)),
        changeover=Cents(sum(row.changeover for row in rows)),
        displaced=Cents(sum(row.displaced for row in rows)),
        rework=Cents(sum(row.rework for row in rows)),
        margin=Cents(sum(row.margin for row in rows)),
    )


def up(dividend: int, divisor: int) -> int:
    """Division rounded up: in the provider's favour."""
    return -(-dividend // divisor)
