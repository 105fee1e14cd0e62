"""What a step record says, in clear: the facts that a machine's gateway knows of one part in one operation."""

from dataclasses import dataclass

from protocol.ids import Digest, JobId, MachineId, MaterialCode
from protocol.units import Micrometres, UnixSeconds, WattHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One characteristic as measured (QIF ``CharacteristicMeasurement``)."""

    name: str
    nominal: Micrometres
    lower: Micrometres
    upper: Micrometres
    value: Micrometres

    @property
    def conforms(self) -> bool:
        """Whether the value lies within its limits, both included."""
        return self.lower <= self.value <= self.upper


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Material that went in."""

    material: MaterialCode
    number: str
    """The lot's number, as its supplier marks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts:
    """What one machine did to one part; every field becomes one salted leaf of the record."""

    job: JobId
    part: int
    """Number of the part in the job, from 1."""

    operation: int
    machine: MachineId
    """As in the certificate of the key that signs."""

    program: Digest
    """RFC 9162 leaf hash of the package that the machine worked from; it stands in the licence as well."""

    inputs: tuple[Lot, ...]
    """Lots of material used; empty when the part alone went in."""

    tools: tuple[str, ...]
    """Identifiers of the tools in use."""

    started: UnixSeconds
    """Plant time."""

    finished: UnixSeconds
    """Plant time."""

    energy: WattHours
    observations: Digest
    """RFC 9162 root over the controller's observations."""

    measurements: tuple[Measurement, ...]
    """Empty unless the operation measures."""

    previous: Digest
    """This part's record before; for the first operation the design's commitment."""

    machine_previous: Digest
    """This machine's record before; for its first record the certificate."""


def conforming(facts: StepFacts) -> bool:
    """Whether every measurement is within its limits."""
    return all(measurement.conforms for measurement in facts.measurements)
