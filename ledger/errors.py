"""How the ledger can fail; the class says whose fault it is, for that decides what happens next."""

from enum import Enum


class LedgerError(Exception):
    """Base of every error that ``ledger`` raises. Catch a subclass: each asks for something different."""


class UnavailableError(LedgerError):
    """The endpoint did not answer, or answered nonsense. Nothing is known to have happened: retry with a deadline."""


class Why(Enum):
    """Why an endpoint does not take a signed transaction; the values are words for a person."""

    UNPAYABLE = "the account cannot pay for its gas"
    UNDERPRICED = "it offers less for gas than is asked"
    NONCE_USED = "its nonce is used up"
    OTHER = "refused"


class RefusedError(LedgerError):
    """The endpoint does not take a signed transaction. No verdict on it: only a receipt or the account's nonce is."""

    why: Why

    def __init__(self, why: Why, message: str) -> None:
        self.why = why
        super().__init__(f"the ledger refused a transaction: {message}")


class RevertedError(LedgerError):
    """A contract refused our call. Do not send it again unchanged: tell the workflow that asked for it."""

    contract: str
    """The contract that declares the error, such as ``Orders``; empty when no contract of ours does."""

    name: str
    """The custom error's name, ``Error`` or ``Panic`` for Solidity's own; empty when there was no reason."""

    arguments: tuple[object, ...]
    """The error's values in declared order, as ``eth_abi`` decodes them."""

    def __init__(self, contract: str, name: str, arguments: tuple[object, ...] = ()) -> None:
        self.contract, self.name, self.arguments = contract, name, arguments
        shown = ", ".join(f"0x{value.hex()}" if isinstance(value, bytes) else str(value) for value in arguments)
        super().__init__(f"{contract or 'contract'} refused: {name or 'no reason given'}({shown})")


class WrongChainError(LedgerError):
    """The endpoint serves another chain than the deployment names. Stop at start: the operator mends the config."""

    expected: int
    """Chain id of the deployment."""

    found: int
    """Chain id that the endpoint reports."""

    def __init__(self, expected: int, found: int) -> None:
        self.expected, self.found = expected, found
        super().__init__(f"the endpoint serves chain {found}, the deployment is on chain {expected}")
