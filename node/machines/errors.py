"""How a machine can refuse; the class says whose fault it is."""

from node.errors import NodeError, UnavailableError


class MachineError(NodeError):
    """Base of every error that ``node.machines`` raises itself, but for a busy machine."""


class UnknownProgramError(MachineError):
    """The caller's: the controller has no programme ``key``. Load it first."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the controller has no programme {key!r}")
        self.key = key


class ProgramConflictError(MachineError):
    """The caller's: ``key`` is loaded with other content. One key names one programme for ever."""

    def __init__(self, key: str) -> None:
        super().__init__(f"another programme is loaded as {key!r}")
        self.key = key


class MachineBusyError(UnavailableError):
    """The environment's: the controller is running ``key``. Start the next programme when that has ended."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the controller is running {key!r}")
        self.key = key
