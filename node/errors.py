"""What can go wrong in a node; the class says whose fault it is."""


class NodeError(Exception):
    """Base of every error that ``node`` raises itself."""


class ConfigError(NodeError):
    """The operator's: the node stops at start. Fix ``key`` in the configuration, as ``problem`` says."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key
        self.problem = problem


class RequestError(NodeError):
    """The caller's: what was asked cannot be done as asked. The text says what, why and what to do instead."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class UnavailableError(NodeError):
    """The environment's: a peer, the ledger or a machine does not answer. It is tried again until its deadline."""


class UnknownError(NodeError):
    """Nobody's: the job or part asked for is not known here."""
