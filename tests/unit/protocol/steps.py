"""A small shop whose machine makes records, for tests that need some."""

from dataclasses import replace
from hashlib import sha256

from protocol.certificate import Certificate, certificate_digest, certify, open_certificates
from protocol.facts import Lot, Measurement, StepFacts
from protocol.ids import Digest, JobId, MachineId, MachineKey, MaterialCode
from protocol.params import CERTIFICATE_LIFETIME
from protocol.record import OpenedRecord, Record, make_record, open_record
from protocol.signed import public_key, signer_of
from protocol.units import Micrometres, UnixSeconds, WattHours
from tests.unit.protocol.examples import START, peer, seed

JOB = JobId(b"j" * 32)
DESIGN = Digest(b"d" * 32)
MACHINE = MachineId("Fräse 1")


def certificate(provider: str = "mill", machine: str = MACHINE) -> Certificate:
    return Certificate(
        provider=peer(provider),
        machine=MachineId(machine),
        key=MachineKey(public_key(seed(f"{provider} {machine}"))),
        begins=UnixSeconds(START - 60),
        ends=UnixSeconds(START - 60 + CERTIFICATE_LIFETIME),
    )


def certified(provider: str = "mill", machine: str = MACHINE) -> bytes:
    return certify(signer_of(seed(provider)), certificate(provider, machine))


def facts(part: int = 1, operation: int = 0, previous: Digest = DESIGN) -> StepFacts:
    return StepFacts(
        job=JOB,
        part=part,
        operation=operation,
        machine=MACHINE,
        program=Digest(b"p" * 32),
        inputs=(),
        tools=("T7", "T15"),
        started=UnixSeconds(START),
        finished=UnixSeconds(START + 60),
        energy=WattHours(10),
        observations=Digest(b"o" * 32),
        measurements=(),
        previous=previous,
        machine_previous=certificate_digest(certified()),
    )


def with_everything() -> StepFacts:
    lots = (
        Lot(material=MaterialCode("EN AW-6082"), number="L 7/2"),
        Lot(material=MaterialCode("EN AW-6082"), number="L 10"),
    )
    return replace(
        facts(),
        inputs=lots,
        measurements=(
            measurement("bore ⌀6", 6_000, 5_990, 6_010, 6_003),
            measurement("flatness", 0, -50, 50, -7),
        ),
    )


def measurement(name: str, nominal: int, lower: int, upper: int, value: int) -> Measurement:
    return Measurement(
        name=name,
        nominal=Micrometres(nominal),
        lower=Micrometres(lower),
        upper=Micrometres(upper),
        value=Micrometres(value),
    )


def record(said: StepFacts, provider: str = "mill") -> Record:
    """The record by which ``provider``'s machine says that; its salts follow from what it says."""
    return make_record(
        signer_of(seed(f"{provider} {said.machine}")),
        said,
        provider=peer(provider),
        certificate=certificate_digest(certified(provider, said.machine)),
        secret=sha256(repr(said).encode()).digest(),
    )


def opened(found: Record, provider: str = "mill", machine: str = MACHINE) -> OpenedRecord:
    return open_record(found, open_certificates((certified(provider, machine),)))
