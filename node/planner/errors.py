"""How planning can fail; the class says whose fault it is."""

from typing_extensions import override

from node.errors import NodeError


class PlannerError(NodeError):
    """Base of every error that ``node.planner`` raises itself."""


class CapacityError(PlannerError):
    """Nobody's: the work does not fit on ``machine``, or a slot's hold ended and its time went to other work."""

    def __init__(self, machine: str, problem: str) -> None:
        super().__init__(machine, problem)
        self.machine = machine
        self.problem = problem

    @override
    def __str__(self) -> str:
        return f"{self.machine}: {self.problem}"
