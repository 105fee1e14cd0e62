"""The rule pack: the numbers that members vote on, and whether a call keeps to them."""

from dataclasses import dataclass, fields
from hashlib import sha256

from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.job import Call
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

    @property
    def digest(self) -> Digest:
        """SHA-256 of the eight values as 32-byte big-endian words, as the contract computes it."""
        words = (int(getattr(self, field.name)).to_bytes(32, "big") for field in fields(self))
        return Digest(sha256(b"".join(words)).digest())


def check_call(call: Call, pack: RulePack, *, opened: int) -> None:
    """Whether ``call``, published at ``opened`` (Unix seconds, wall time), keeps to ``pack``.

    Raises:
        RejectError: another pack, a window too short, a budget too high, or carbon priced too low.
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
