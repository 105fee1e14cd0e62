"""A charge as a file: it convicts whom its messages prove wrong, and a spoilt one convicts nobody."""

from dataclasses import replace

import pytest

from protocol.charge import Charge, Wrong, judge
from protocol.errors import RejectError
from protocol.result import decide
from protocol.signed import sign
from protocol.topics import AWARD, CALL, ROLL
from protocol.transcript import write
from protocol.wire import encode
from tests.auction.sealed import bidders, held, receipts, roll_of, small_call
from tests.unit.protocol.examples import CUSTOMER, CUSTOMER_SEED

CALL_ = small_call()
SIGNED = sign(CUSTOMER_SEED, CALL, encode(CALL_))
MILL, OVEN, RIVAL = bidders()
WITHOUT_OVEN = roll_of(CALL_, [MILL.commitment, RIVAL.commitment])
OMITTED = Charge(
    wrong=Wrong.OMITTED,
    messages=(SIGNED, WITHOUT_OVEN, OVEN.commitment),
    receipts=receipts(CALL_, OVEN.commitment, CALL_.commit_by, CALL_.commit_by),
)
SILENCED = held(CALL_, bidders(), silent=(OVEN,))
WITHHELD = Charge(
    wrong=Wrong.WITHHELD,
    messages=(OVEN.reveal,),
    receipts=receipts(CALL_, OVEN.reveal, CALL_.reveal_by, CALL_.reveal_by),
    transcript=write(SILENCED),
)
LIKED = decide(CALL_, (RIVAL.bid,), SILENCED.root)
WRONG_RESULT = Charge(wrong=Wrong.WRONG_RESULT, messages=(), transcript=write(held(CALL_, bidders(), result=LIKED)))
EQUIVOCATED = Charge(wrong=Wrong.EQUIVOCATED, messages=(WITHOUT_OVEN, roll_of(CALL_, [MILL.commitment])), topic=ROLL)
CHARGES = {charge.wrong.value: charge for charge in (OMITTED, WITHHELD, WRONG_RESULT, EQUIVOCATED)}


@pytest.mark.parametrize("charge", [pytest.param(charge, id=name) for name, charge in CHARGES.items()])
def test_a_charge_convicts_by_itself(charge: Charge) -> None:
    assert judge(encode(charge)) == CUSTOMER


@pytest.mark.parametrize(
    ("charge", "reason"),
    [
        (replace(OMITTED, messages=OMITTED.messages[:2]), "has 3 messages, not 2"),
        (replace(OMITTED, receipts=()), "no majority"),
        (replace(OMITTED, wrong=Wrong.EQUIVOCATED), "has 2 messages, not 3"),
        (replace(WITHHELD, transcript=b"\xc0"), "transcript"),
        (replace(WITHHELD, transcript=write(held(CALL_, bidders()))), "has the reveal"),
        (replace(WRONG_RESULT, transcript=write(SILENCED)), "follows from the transcript"),
        (replace(EQUIVOCATED, messages=(WITHOUT_OVEN, WITHOUT_OVEN)), "say the same"),
        (replace(EQUIVOCATED, topic=AWARD), "signature"),
    ],
    ids=[
        "a message too few",
        "no receipts",
        "another charge",
        "no transcript",
        "the reveal is there",
        "a true result",
        "one message twice",
        "another topic",
    ],
)
def test_a_spoilt_charge_convicts_nobody(charge: Charge, reason: str) -> None:
    with pytest.raises(RejectError, match=reason):
        judge(encode(charge))


@pytest.mark.parametrize("content", [b"", b"\xc0", encode(OMITTED)[:-1], encode(OMITTED) + b"\0"])
def test_what_is_no_charge_is_refused(content: bytes) -> None:
    with pytest.raises(RejectError):
        judge(content)


def test_no_byte_of_a_charge_can_be_changed_to_convict_somebody_else() -> None:
    content = encode(OMITTED)
    for place in range(0, len(content), 7):
        spoilt = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        try:
            assert judge(spoilt) == CUSTOMER  # a receipt more than the majority may go
        except RejectError:
            continue
