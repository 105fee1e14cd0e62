"""What an auditor asks about one part: its serial, every step of its chain, and its measured characteristics."""

from ledger import designs
from ledger.bundle import Part
from ledger.facts import Facts, cite_block, must
from ledger.layout import passport_slot
from ledger.verdict import GapError
from protocol import merkle
from protocol.facts import Measurement
from protocol.ids import Digest
from protocol.params import PROCESSES
from protocol.production import continued
from protocol.routing import predecessors

_NEEDED = ("job", "operation", "part", "program", "previous", "started", "finished", "energy")
"""Fields of a record without which a step cannot be checked."""


def serial(facts: Facts, part: Part, evidence: list[str]) -> str:
    """Whether the part's mark was minted, within the licensed count."""
    last = len(facts.call.operations) - 1
    licence = facts.licence(last)
    minted = [e for e in facts.all(designs.Recorded) if e.licence == licence and e.first <= part.unit <= e.last]
    evidence += facts.cite(*minted)
    must(len(minted) == 1, f"unit {part.unit} was minted {len(minted)} times, not once")
    must(minted[0].evidence == facts.attested(len(facts.assignments) - 1).evidence, "minted for other evidence")
    must(1 <= part.unit <= facts.licensed(last).units, "the serial is beyond the licensed count")
    must(1 <= part.number <= facts.call.quantity, "the part is beyond the ordered count")
    return f"unit {part.unit} of licence {licence.hex()[:12]}"


def quality(facts: Facts, part: Part, evidence: list[str]) -> str:
    """Whether all that was measured is within its limits."""
    measured: list[Measurement] = [m for step in part.steps for m in facts.record(step).value("measurements")]
    failed = [m.name for m in measured if not m.conforms]
    must(not failed, f"out of tolerance: {', '.join(failed)}")
    evidence += [f"{m.name} {m.value} in {m.lower} to {m.upper} um" for m in measured]
    return (
        f"{len(measured)} characteristics measured, all within tolerance" if measured else "nothing was to be measured"
    )


def passport(facts: Facts, part: Part, evidence: list[str]) -> str:
    """Whether the part's passport, if it has one, points at the last of its records."""
    mark = facts.serial(part)
    word = facts.latest.storage.get((facts.bundle.federation.passports, passport_slot(mark)))
    if word is None:
        raise GapError("the bundle does not prove whether the part has a passport")
    evidence.append(f"state after {cite_block(facts.latest)}")
    if word == 0:
        return "none was issued"
    must(part.steps, "there is a passport, and no record")
    head = part.steps[-1].logged.record.digest
    must(word == int.from_bytes(head, "big"), "the passport points at another record than the part's last")
    return f"points at the part's last record {head.hex()[:12]}"


def step(facts: Facts, part: Part, number: int, evidence: list[str]) -> str:
    """Whether the winner's machine did the step from the sealed package, next in the part's chain, and all of it is
    attested, logged and anchored.
    """
    call = facts.call
    must(number < len(part.steps), "the step is missing")
    must(number < len(call.operations), "the routing has no such step")
    place = part.steps[number]
    record = facts.record(place)
    evidence.append(f"record {record.digest.hex()[:12]} signed by machine key {record.key.hex()[:8]}")
    said = {name: record.value(name) for name in _NEEDED}
    must((said["job"], said["operation"]) == (call.job, number), "the record is about another step")
    must(said["part"] == part.number, "the record is about another part")
    must(0 <= place.assignment < len(facts.assignments), "the step belongs to no assignment")
    assignment = facts.assignments[place.assignment]
    must(assignment.offer.first <= number <= assignment.offer.last, "the step belongs to another assignment")
    must(record.provider == assignment.provider, "the step was done by somebody else than the winner")
    must(said["program"] == facts.bundle.design.packages[number + 1], "the machine worked from another package")
    must(said["previous"] == _before(facts, part, number), "the step does not continue the part's chain")
    must(said["started"] <= said["finished"] and said["energy"] >= 0, "the step ends before it begins")
    covered = assignment.offer.last - assignment.offer.first + 1
    position = (number - assignment.offer.first) * call.quantity + part.number - 1
    must((place.index, place.size) == (position, covered * call.quantity), "the step stands elsewhere in its tree")
    attested = facts.attested(place.assignment)
    evidence += facts.cite(attested)
    envelope = place.logged.record.envelope
    merkle.verify(envelope, place.index, place.size, place.proof, attested.evidence)
    head = facts.note(place.assignment).checkpoint
    merkle.verify(envelope, place.logged.index, head.size, place.logged.proof, head.root)
    evidence.append(f"entry {place.logged.index} of {head.size} in the log of {head.provider.hex()[:8]}")
    machine = record.shown.get("machine", "a machine")
    return f"{machine}, certified by {record.provider.hex()[:8]}; attested, logged and anchored"


def step_name(facts: Facts, number: int) -> str:
    """A step by its number and process."""
    if number >= len(facts.call.operations):
        return f"step {number + 1}"
    return f"step {number + 1}: {PROCESSES.get(facts.call.operations[number].process, 'unknown process')}"


def _before(facts: Facts, part: Part, number: int) -> Digest:
    before = predecessors(facts.call.operations)[number]
    must(all(one < len(part.steps) for one in before), "a step before it is missing")
    return continued([part.steps[one].logged.record.digest for one in before]) if before else facts.call.design
