"""An assignment auctioned again though its maker would make it: what customer and makers ask, answer and keep of it."""

from dataclasses import dataclass

from protocol.award import Award
from protocol.ids import Digest, JobId, PeerId
from protocol.job import Call
from protocol.replacement import Replacement
from protocol.signed import Signed
from protocol.units import Cents, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderFor:
    """What a posted job is a tender for."""

    job: JobId
    """The order."""

    index: int
    until: UnixSeconds
    """Wall time after which nothing comes of it."""

    @property
    def trial(self) -> str:
        """Name of the order's trial that it serves."""
        return trial_name(self.index, self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An attempt to find somebody better for one assignment."""

    index: int
    until: UnixSeconds
    """Wall time; then it is given up, wherever it stands."""

    compensation: Cents | None = None
    """What the present maker wants."""

    asked: Replacement | None = None
    """The better maker, by the tender's award."""

    willing: bool = False
    """Whether it keeps the time."""

    def asks(self, replacement: Digest) -> bool:
        """Whether the better maker was asked by this one."""
        return self.asked is not None and self.asked.digest == replacement

    @property
    def name(self) -> str:
        """Part of the keys of what is done for it."""
        return trial_name(self.index, self.until)


def trial_name(index: int, until: UnixSeconds) -> str:
    """What a trial and its tender have in common."""
    return f"{index}/{until}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImproveAsked:
    """The customer wants to know whether somebody else makes assignment ``index`` better."""

    index: int
    until: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrenderAnswered:
    """For how much the present maker gives the assignment up; None when it does not, or says nothing."""

    trial: str
    compensation: Cents | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderEnded:
    """How the tender ended; without award when nobody offered, or stood by it."""

    trial: str
    tender: Call | None = None
    award: Award | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrenderAgreed:
    """Our assignment is given up for the compensation in ``replacement``, which the customer signed."""

    replacement: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Improve:
    """Look for somebody better for an assignment of the order, if that is the customer's policy."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPrice:
    """Ask a maker for how much it would give assignment ``index`` up."""

    key: str
    """Names the trial."""

    provider: PeerId
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTender:
    """Post the tender for assignment ``index``."""

    key: str
    """Names the trial."""

    index: int
    until: UnixSeconds
    compensation: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOrder:
    """Tell the order how its tender ended."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToGiveUp:
    """Have a maker take its compensation and give its assignment up; ``message`` is the ``Replacement``."""

    key: str
    provider: PeerId
    message: bytes
