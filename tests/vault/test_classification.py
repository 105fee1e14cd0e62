"""Who may hear of a job that is not public, and what it says, is the same for every node and for both verifiers."""

from dataclasses import replace

import pytest

from federation.gate import check_message
from protocol.auction import Commitment, accept_call, accept_commitment
from protocol.bulletin import Bulletin
from protocol.classification import Classification, is_open
from protocol.errors import IgnoreError, RejectError
from protocol.job import Call
from protocol.opening import ExclusionReason
from protocol.recheck import recheck
from protocol.signed import sign
from protocol.topics import CALL
from protocol.transcript import FlawError, write
from protocol.units import UnixSeconds
from protocol.wire import decode, encode
from tests.auction.sealed import held, small_call
from tests.audit.verifier import VERIFIER
from tests.unit.protocol.examples import CUSTOMER_SEED
from tests.vault.closed import FLAWED, MILL, RIVAL, SOUND, WITHOUT_THE_RIVAL, cleared, closed


def bulletin(call: Call) -> Bulletin:
    message = encode(sign(CUSTOMER_SEED, CALL, encode(call)))
    return Bulletin(topic=CALL, sequence=1, expires=call.commit_by, message=message)


def test_a_public_call_may_be_gossiped() -> None:
    check_message(bulletin(small_call()))


@pytest.mark.parametrize("level", [level for level in Classification if level != Classification.PUBLIC])
def test_any_other_call_is_stopped_by_the_first_honest_neighbour(level: Classification) -> None:
    call = closed(level)
    assert not is_open(call)
    accept_call(call, signer=call.customer, now=call.commit_by)
    with pytest.raises(RejectError, match="was gossiped"):
        check_message(bulletin(call))


@pytest.mark.parametrize("name", SOUND)
def test_a_closed_auction_holds_in_both_verifiers(name: str) -> None:
    content = write(SOUND[name])
    excluded = recheck(content).opened.excluded
    expected = {
        "a bid of somebody who was not invited": [(RIVAL.bid.provider, ExclusionReason.UNINVITED, 0)],
        "a bid from under another law": [(RIVAL.bid.provider, ExclusionReason.JURISDICTION, 0)],
        "a bid without the clearance": [(RIVAL.bid.provider, ExclusionReason.CLEARANCE, 2)],
    }
    assert [(one.provider, one.reason, one.measure) for one in excluded] == expected.get(name, [])
    assert VERIFIER.verify_auction(content)["verdict"] == "holds"


@pytest.mark.parametrize("name", FLAWED)
def test_a_call_that_does_not_fit_its_classification_is_contradicted_by_both(name: str) -> None:
    content = write(held(FLAWED[name], cleared(4)))
    with pytest.raises(FlawError):
        recheck(content)
    assert VERIFIER.verify_auction(content)["verdict"] == "contradicted"


def test_an_award_that_counts_an_uninvited_bid_is_contradicted_by_both() -> None:
    """The customer lets somebody win whom its own call shuts out."""
    honest, shut = closed(), closed(invited=tuple(p for p in closed().filters.invited if p != MILL.bid.provider))
    told = held(honest, cleared())
    forged = write(replace(held(shut, cleared()), result=told.result))
    with pytest.raises(FlawError):
        recheck(forged)
    assert VERIFIER.verify_auction(forged)["verdict"] == "contradicted"


def test_a_commitment_of_somebody_who_was_not_invited_is_rejected() -> None:
    call = closed(invited=WITHOUT_THE_RIVAL)
    for one in cleared():
        signed = one.commitment
        commitment = decode(Commitment, signed.payload)
        calls, now = {call.job: call}, UnixSeconds(call.commit_by - 1)
        if one.bid.provider == RIVAL.bid.provider:
            with pytest.raises(RejectError, match="not invited"):
                accept_commitment(commitment, signer=signed.author, calls=calls, now=now)
            with pytest.raises(IgnoreError):
                accept_commitment(commitment, signer=signed.author, calls={}, now=now)
        else:
            accept_commitment(commitment, signer=signed.author, calls=calls, now=now)
