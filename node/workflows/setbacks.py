"""Work that does not go on where it was promised: what a shop notes of it, tells its customer, and a customer keeps."""

from dataclasses import dataclass

from protocol.ids import MachineId, PeerId
from protocol.requests import Setback
from protocol.units import UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkMoved:
    """Another of our machines makes assignment ``index``: the one that it was promised on is out of service."""

    index: int
    tenure: int
    machine: MachineId
    start: UnixSeconds
    """Plant time."""

    finish: UnixSeconds
    reason: str
    """The owner's words, or the machine's; they stay on this node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellSetback:
    """Tell the customer that work moved, or is given back; ``message`` is the ``Setback``."""

    key: str
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SetbackTold:
    """A maker told this customer that its work moved to another machine, or is given back."""

    maker: PeerId
    setback: Setback
