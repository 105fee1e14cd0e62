"""What each value of a rule pack means and how far a proposal may move it; beyond that, the contract itself refuses.

The bounds are those of ``contracts/src/Rules.sol``, which nobody can change; a test tries each on the contract.
"""

from collections.abc import Callable
from dataclasses import dataclass

from protocol.params import MAX_PREMIUM, PROCESSES
from protocol.rules import RulePack, processes_in

MAX_FEE = 1_000
"""Basis points: no vote takes more than a tenth of a payment."""

MAX_WINDOW = 90 * 86_400
"""Seconds: a window never locks money for longer than a quarter of a year."""

MAX_BUDGET = 10**12
"""Cents: sums of so many orders still fit into the 64 bits that the order contract counts in."""

MAX_CARBON = 10**7
"""Cents a tonne: a hundred thousand in the settlement currency, far above any carbon price asked for so far."""

MAX_HOUR = 10**9
"""Cents an hour: the wire's own limit of a weight."""

MAX_BOND = 10**8
"""Cents: a million in the settlement currency; more than any bid is worth."""

MAX_NOTICE = 30 * 86_400
"""Seconds: a month; rules that wait longer would meet another federation."""

MAX_PROCESSES = (1 << len(PROCESSES)) - 1
"""All of the process tree."""

MAX_SHARES = 64
"""Contributors in one proposal; their transfers stay far below a block's gas."""

MAX_REASON = 2_000
"""Characters of a proposal's reason: a page, which is what members read before they decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value of a rule pack."""

    name: str
    """Its field in ``RulePack``."""

    words: str
    """What people call it."""

    least: int
    most: int
    """Bounds, both included, in the unit of the field."""

    show: Callable[[int], str]
    """A value as people write it."""

    def of(self, pack: RulePack) -> int:
        """Its value in ``pack``."""
        return int(getattr(pack, self.name))


def percent(points: int) -> str:
    """Basis points as a share."""
    return f"{points // 100}.{points % 100:02} %"


def duration(seconds: int) -> str:
    """A window in its largest whole unit."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def amount(cents: int) -> str:
    """An amount in the settlement currency."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02}"


def allowed(mask: int) -> str:
    """Processes as people call them."""
    return ", ".join(PROCESSES[process] for process in processes_in(mask)) or "none"


PARAMETERS = (
    Parameter(name="fee", words="fee to the treasury", least=0, most=MAX_FEE, show=percent),
    Parameter(name="min_commit", words="shortest time for commitments", least=1, most=MAX_WINDOW, show=duration),
    Parameter(name="min_reveal", words="shortest time to open them", least=1, most=MAX_WINDOW, show=duration),
    Parameter(name="review", words="review window", least=1, most=MAX_WINDOW, show=duration),
    Parameter(name="dispute", words="dispute window", least=1, most=MAX_WINDOW, show=duration),
    Parameter(name="max_budget", words="highest escrow of one order", least=0, most=MAX_BUDGET, show=amount),
    Parameter(name="carbon", words="lowest carbon price of a tonne", least=0, most=MAX_CARBON, show=amount),
    Parameter(name="max_hour", words="highest price of an hour", least=0, most=MAX_HOUR, show=amount),
    Parameter(name="bid_bond", words="bond on opening a bid", least=0, most=MAX_BOND, show=amount),
    Parameter(name="dispute_fee", words="fee for a ruling", least=0, most=MAX_BOND, show=amount),
    Parameter(name="notice", words="notice before new rules", least=0, most=MAX_NOTICE, show=duration),
    Parameter(name="processes", words="processes that may be called for", least=0, most=MAX_PROCESSES, show=allowed),
    Parameter(name="premium", words="premium above the bids (VCG)", least=0, most=MAX_PREMIUM, show=percent),
)
"""Everything in a pack but its version, in the contract's order."""
