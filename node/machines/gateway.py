"""The one port to every machine controller: commands that may be repeated, observations that may be asked for again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from protocol.ids import Digest, MachineId
from protocol.units import Micrometres, Seconds, UnixSeconds


class Execution(StrEnum):
    """What a controller does with a programme (MTConnect Part 2, ``Execution``)."""

    READY = "READY"
    ACTIVE = "ACTIVE"
    INTERRUPTED = "INTERRUPTED"
    FEED_HOLD = "FEED_HOLD"
    STOPPED = "STOPPED"
    PROGRAM_COMPLETED = "PROGRAM_COMPLETED"
    UNAVAILABLE = "UNAVAILABLE"

    @property
    def ended(self) -> bool:
        """Whether the programme will not go on by itself or by any command."""
        return self in (Execution.STOPPED, Execution.PROGRAM_COMPLETED)


class Item(StrEnum):
    """What is observed; a measured characteristic is ``MEASURED`` followed by its name."""

    EXECUTION = "EXECUTION"
    WATTAGE = "WATTAGE"
    """Power drawn, W."""

    LOAD = "LOAD"
    """Of the spindle, per cent of its rating."""

    TEMPERATURE = "TEMPERATURE"
    """Of the furnace chamber, degrees Celsius."""

    LAYER = "LAYER"
    """Number of the layer in work, from 1."""

    MEASURED = "MEASURED:"
    """A measured characteristic, micrometres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing that a controller said."""

    machine: MachineId
    program: str
    """Key of the programme that it is about."""

    sequence: int
    """Counts the programme's observations from 1, without gaps."""

    at: UnixSeconds
    """Plant time, never decreasing."""

    item: str
    """An ``Item``; for ``MEASURED`` with the characteristic's name."""

    value: str
    """An ``Execution``, or a whole number in the item's unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """One measure to take (QIF ``CharacteristicItem``)."""

    name: str
    nominal: Micrometres


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One run of a machine: one part, or the parts of one furnace charge."""

    key: str
    """Unique for ever on its machine; what is done under it is done once."""

    digest: Digest
    """SHA-256 of the package that the machine works from."""

    parts: tuple[int, ...]
    """Numbers of the parts in their job, from 1."""

    duration: Seconds
    """Bare running time."""

    characteristics: tuple[Characteristic, ...]
    """What a measuring machine measures; empty for others."""

    deviation: Micrometres
    """Of the machine that made the part, one sigma; only a simulated measuring machine looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a programme stands."""

    execution: Execution
    progress: int
    """Parts per million of its running time."""


class Gateway(Protocol):
    """One controller. Every command may be repeated: the second time it changes nothing."""

    async def load(self, program: Program) -> None:
        """Hand over a programme.

        Raises:
            ProgramConflictError: its key is taken by another programme.
            UnavailableError: the controller does not answer.
        """
        ...

    async def start(self, key: str) -> None:
        """Run a loaded programme, unless it has been started or stopped before.

        Raises:
            UnknownProgramError: it was not loaded.
            UnavailableError: the controller does not answer, or runs another (``MachineBusyError``).
        """
        ...

    async def abort(self, key: str) -> None:
        """Stop a programme for good, unless it has ended.

        Raises:
            UnknownProgramError: it was not loaded.
            UnavailableError: the controller does not answer.
        """
        ...

    def observe(self, key: str, *, after: int = 0) -> AsyncIterator[Observation]:
        """The programme's observations from sequence number ``after`` + 1 on, as they come, until it has ended.

        The iterator may be dropped at any time.

        Raises:
            UnknownProgramError: it was not loaded.
            UnavailableError: the controller does not answer.
        """
        ...

    async def status(self, key: str) -> Status:
        """Where a programme stands now.

        Raises:
            UnknownProgramError: it was not loaded.
            UnavailableError: the controller does not answer.
        """
        ...
