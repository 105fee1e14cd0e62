"""The owner's rules: for whom, in what and at which margin the shop works; a refusal always says which rule it was."""

from dataclasses import dataclass

from node.planner.machine import Machine
from protocol.ids import MaterialCode, PeerId, ProcessCode
from protocol.job import Call, Operation
from protocol.units import NOTHING, BasisPoints, Cents, Seconds

_A_SHIFT = Seconds(8 * 3600)
_ALL_OF_IT = BasisPoints(10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the owner's rules; what it leaves out, it lets be anything."""

    name: str
    """What the owner calls it; a refusal repeats it."""

    customer: PeerId | None = None
    material: MaterialCode | None = None
    process: ProcessCode | None = None
    margin: BasisPoints | None = None
    """On top of cost, negative to win work; None refuses."""

    def applies(self, call: Call, operation: Operation) -> bool:
        """Whether the rule is about ``operation`` of ``call``."""
        return (
            self.customer in (None, call.customer)
            and self.material in (None, call.part.material)
            and self.process in (None, operation.process)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All of the owner's rules; the first that applies decides."""

    rules: tuple[Rule, ...] = ()
    paused: bool = False
    """While true nothing is offered; what was promised is kept."""

    span: Seconds = _A_SHIFT
    """Longest window of starts: wider ones join better and keep more time from other calls while an auction runs."""

    waiting: Cents = NOTHING
    """What each hour costs that a machine is kept for parts that have not come."""

    surrender: BasisPoints | None = _ALL_OF_IT
    """Of the margin, that is wanted for giving up work that has not begun; None never gives up."""

    patience: bool = True
    """Whether CP-SAT may improve a menu; without it the answer is ready at once."""

    def terms(self, machine: Machine, call: Call, operation: Operation) -> BasisPoints | str:
        """The margin for an operation on a machine, or why it is refused."""
        if self.paused:
            return "is paused by its owner"
        for rule in self.rules:
            if rule.applies(call, operation):
                return f"does not take it: {rule.name}" if rule.margin is None else rule.margin
        return machine.rates.margin
