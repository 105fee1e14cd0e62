"""Where a proposal stands, in words, and what can be done about it next; pure."""

from dataclasses import dataclass

from governance.bounds import amount, duration
from ledger.governor import Stage, Standing
from protocol.units import UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What anybody, or any member, can do next."""

    action: str
    """``vote``, ``queue`` or ``execute``."""

    due: UnixSeconds
    """From when on."""


def next_step(standing: Standing) -> Step | None:
    """What brings the proposal further; None when nothing does."""
    match standing.stage:
        case Stage.PENDING | Stage.ACTIVE:
            return Step(action="vote", due=UnixSeconds(standing.start + 1))
        case Stage.SUCCEEDED:
            return Step(action="queue", due=UnixSeconds(standing.end + 1))
        case Stage.QUEUED:
            return Step(action="execute", due=standing.eta)
        case _:
            return None


def describe_standing(standing: Standing, now: UnixSeconds) -> str:
    """Where it stands, in one sentence."""
    votes = f"{amount(standing.favour)} for, {amount(standing.against)} against, {amount(standing.abstain)} abstaining"
    match standing.stage:
        case Stage.PENDING:
            return f"the vote begins {_when(standing.start, now)}"
        case Stage.ACTIVE:
            missing = standing.quorum - standing.favour - standing.abstain
            quorum = f"{amount(missing)} short of the quorum" if missing > 0 else "the quorum is reached"
            return f"voting until {_when(standing.end, now)}: {votes}; {quorum}"
        case Stage.CANCELED:
            return "taken back by its proposer"
        case Stage.DEFEATED:
            short = standing.quorum - standing.favour - standing.abstain
            why = f"{amount(short)} short of the quorum" if short > 0 else "not more for than against"
            return f"defeated ({votes}): {why}"
        case Stage.SUCCEEDED:
            return f"succeeded ({votes}); anybody may queue it"
        case Stage.QUEUED:
            return f"queued; anybody may execute it {_when(standing.eta, now)}"
        case Stage.EXPIRED:
            return "expired before it was executed"
        case Stage.EXECUTED:
            return f"executed ({votes})"


def _when(moment: UnixSeconds, now: UnixSeconds) -> str:
    return "now" if moment <= now else f"in {duration(moment - now)}"
