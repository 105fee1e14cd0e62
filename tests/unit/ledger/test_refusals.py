import pytest

from ledger.errors import Why
from ledger.refusals import is_known, why

SAID = [
    (Why.UNPAYABLE, "insufficient funds for gas * price + value: balance 0, tx cost 42, overshot 42"),
    (Why.UNPAYABLE, "Insufficient funds for gas * price + value"),
    (Why.UNPAYABLE, "Upfront cost exceeds account balance"),
    (Why.UNPAYABLE, "Sender doesn't have enough funds to send tx. The max upfront cost is: 42"),
    (Why.UNDERPRICED, "replacement transaction underpriced"),
    (Why.UNDERPRICED, "transaction underpriced: tip needed 1, tip permitted 0"),
    (Why.UNDERPRICED, "max fee per gas less than block base fee: address 0x00, maxFeePerGas: 1, baseFee: 7"),
    (Why.UNDERPRICED, "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 7"),
    (Why.UNDERPRICED, "Gas price below configured minimum gas price"),
    (Why.NONCE_USED, "nonce too low: next nonce 5, tx nonce 4"),
    (Why.NONCE_USED, "Nonce too low. Expected nonce to be 5 but got 4."),
    (Why.NONCE_USED, "Transaction nonce 4 is below sender account nonce 5"),
    (Why.OTHER, "txpool is full"),
    (Why.OTHER, ""),
]


@pytest.mark.parametrize(("meant", "message"), SAID, ids=[message[:30] or "nothing" for _, message in SAID])
def test_a_refusal_is_understood_in_every_clients_words(meant: Why, message: str) -> None:
    assert why(message) is meant
    assert not is_known(message)


@pytest.mark.parametrize(
    "message",
    [
        "already known",
        "Known transaction",
        "transaction already imported",
        "0x12: this transaction is already in the TxPool",
    ],
)
def test_having_it_already_is_no_refusal(message: str) -> None:
    assert is_known(message)
