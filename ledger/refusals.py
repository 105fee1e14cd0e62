"""What an endpoint means by refusing a transaction: the words of geth, reth, Besu, anvil, Hardhat and our own chain."""

from ledger.errors import Why

_KNOWN = (
    "already known",
    "already imported",
    "already in the txpool",
    "known transaction",
    "transaction_already_known",
)

_WORDS: tuple[tuple[Why, tuple[str, ...]], ...] = (
    (
        Why.UNPAYABLE,
        ("insufficient funds", "upfront cost exceeds", "doesn't have enough funds", "exceeds account balance"),
    ),
    (
        Why.UNDERPRICED,
        (
            "underpriced",
            "less than block base fee",
            "is too low for the next block",
            "below configured minimum",
            "below the minimum",
            "max fee per gas less than",
            "fee too low",
        ),
    ),
    (Why.NONCE_USED, ("nonce too low", "nonce_too_low", "below sender account nonce")),
)


def is_known(message: str) -> bool:
    """The endpoint has the transaction already: as good as taking it."""
    return any(words in message.lower() for words in _KNOWN)


def why(message: str) -> Why:
    """The reason behind the endpoint's ``message``."""
    return next((reason for reason, words in _WORDS if any(one in message.lower() for one in words)), Why.OTHER)
