"""How a message can fail; the class says whose fault it is, for that decides what happens next."""


class ProtocolError(Exception):
    """Base of every error that ``protocol`` raises."""


class RejectError(ProtocolError):
    """No honest peer sends this. Drop it, and lower the sender's score."""


class IgnoreError(ProtocolError):
    """Honest but useless here: late, duplicate, about an unknown job. Drop it; penalise nobody."""


class RefusedError(ProtocolError):
    """The ledger refuses this action: by anybody, by this account, or at this moment. Nothing was done."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """The contract's name for why."""


def refuse(claim: object, reason: str) -> None:
    """Refuse for ``reason`` where ``claim`` holds.

    Raises:
        RefusedError: it does.
    """
    if claim:
        raise RefusedError(reason)
