"""How a message can fail; the class says whose fault it is, for that decides what happens next."""


class ProtocolError(Exception):
    """Base of every error that ``protocol`` raises."""


class RejectError(ProtocolError):
    """No honest peer sends this. Drop it, and lower the sender's score."""


class IgnoreError(ProtocolError):
    """Honest but useless here: late, duplicate, about an unknown job. Drop it; penalise nobody."""
