"""The rule pack: the numbers that members vote on, and whether a call keeps to them."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from hashlib import sha256

from protocol.errors import RejectError
from protocol.ids import Digest, ProcessCode
from protocol.job import Call
from protocol.params import PROCESSES
from protocol.units import BasisPoints, Cents, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePack:
    """Typed parameters as the ``Rules`` contract holds them, in its order."""

    version: int
    """Rises by one with every adopted pack."""

    fee: BasisPoints
    """Share of every payment that goes to the federation's treasury."""

    min_commit: Seconds
    """Shortest time a call must leave for commitments."""

    min_reveal: Seconds
    """Shortest time a call must leave for opening them."""

    review: Seconds
    """After this long without an objection a provider may approve its own attested work."""

    dispute: Seconds
    """After this long an unsettled dispute is split."""

    max_budget: Cents
    """Highest escrow of one order."""

    carbon: Cents
    """Lowest price of one tonne of CO2 equivalent that a call may weigh with."""

    max_hour: Cents
    """Highest price of an hour that a call may weigh with."""

    bid_bond: Cents
    """What a provider stakes on opening its sealed bid."""

    dispute_fee: Cents
    """What the one who asks for a ruling advances."""

    notice: Seconds
    """How long the next pack is announced before it is in force."""

    processes: int
    """Processes that may be called for; see ``processes_in``."""

    premium: BasisPoints
    """Most that a call may offer to pay above the bids (VCG), of these; 0 leaves only pay-as-bid."""

    @property
    def digest(self) -> Digest:
        """SHA-256 of all values as 32-byte big-endian words, as the contract computes it."""
        words = (int(getattr(self, field.name)).to_bytes(32, "big") for field in fields(self))
        return Digest(sha256(b"".join(words)).digest())


def processes_in(mask: int) -> tuple[ProcessCode, ...]:
    """The processes that a pack's ``processes`` stands for: bit n is the n-th of ``protocol.params.PROCESSES``."""
    return tuple(process for bit, process in enumerate(PROCESSES) if mask >> bit & 1)


def mask_of(processes: Iterable[ProcessCode]) -> int:
    """The ``processes`` of a pack that allows these.

    Raises:
        RejectError: one is not in the process tree.
    """
    known, wanted = list(PROCESSES), set(processes)
    unknown = sorted(wanted - PROCESSES.keys())
    if unknown:
        raise RejectError(f"{unknown[0]} is not in the process tree; there are: {', '.join(known)}")
    return sum(1 << known.index(process) for process in wanted)


def check_call(call: Call, pack: RulePack, *, opened: int) -> None:
    """Whether ``call``, published at ``opened`` (Unix seconds, wall time), keeps to ``pack``.

    Raises:
        RejectError: another pack, a window too short, a budget, premium or price of an hour too high, carbon priced too
            low, or a process that is not allowed.
    """
    if call.rule_pack != pack.digest:
        raise RejectError(f"call is made under rule pack {call.rule_pack.hex()[:8]}, not {pack.digest.hex()[:8]}")
    if call.commit_by - opened < pack.min_commit:
        raise RejectError(f"call leaves {call.commit_by - opened} s for commitments, less than {pack.min_commit} s")
    if call.reveal_by - call.commit_by < pack.min_reveal:
        raise RejectError("call leaves too little time to reveal")
    if call.budget > pack.max_budget:
        raise RejectError(f"budget {call.budget} is above {pack.max_budget} cents")
    if call.weights.co2_tonne < pack.carbon:
        raise RejectError(f"carbon is weighed at {call.weights.co2_tonne}, less than {pack.carbon} cents a tonne")
    if call.premium > pack.premium:
        raise RejectError(f"a premium of {call.premium} basis points is above {pack.premium}")
    if call.weights.hour > pack.max_hour:
        raise RejectError(f"an hour is weighed at {call.weights.hour}, more than {pack.max_hour} cents")
    allowed = processes_in(pack.processes)
    for operation in call.operations:
        if operation.process not in allowed:
            raise RejectError(f"{operation.process} is not a process that the rules allow")
