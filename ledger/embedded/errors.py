"""How a JSON-RPC call can fail, with the codes that Ethereum clients use."""

PARSE = -32700
INVALID = -32600
NO_METHOD = -32601
BAD_PARAMETERS = -32602
INTERNAL = -32603
SERVER = -32000
REVERTED = 3


class RpcError(Exception):
    """An error object of JSON-RPC 2.0."""

    def __init__(self, code: int, message: str, revert: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.revert = revert
        """Raw revert bytes as hex, when a contract refused."""


class DatabaseMismatchError(Exception):
    """The database belongs to another chain. Stop at start: the operator names the right file or chain id."""
