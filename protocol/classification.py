"""How secret a design is, and what follows for its call: who may hear it, and how little it says."""

from enum import IntEnum

from protocol.errors import RejectError
from protocol.ids import PeerId
from protocol.job import Call
from protocol.params import HASH_BYTES, MAX_INVITED
from protocol.topics import COMMITMENT, REPLY, REVEAL


class Classification(IntEnum):
    """Of a design and of every document made from it; a higher one is told to fewer."""

    PUBLIC = 0
    """Its call is gossiped to everybody."""

    PARTNERS = 1
    """Its call is told to partners of the customer, one by one."""

    CONFIDENTIAL = 2
    """To partners that the customer has cleared for it."""

    RESTRICTED = 3
    """To those of them that stand under a law that the call names (export control), without the hole table."""


def is_open(call: Call) -> bool:
    """Whether everybody may hear ``call`` and what is said in its auction; otherwise only who is invited may."""
    return call.filters.classification == Classification.PUBLIC


def listeners(call: Call, topic: str, speaker: PeerId) -> frozenset[PeerId] | None:
    """Who is told what ``speaker`` says on ``topic``; None when ``call`` is public and it is gossiped.

    Bids and replies are told to the customer and the witnesses alone; the call, the roll and the result to all guests.
    """
    if is_open(call):
        return None
    some = call.witnesses if topic in (COMMITMENT, REVEAL, REPLY) else call.filters.invited
    return frozenset((call.customer, *some)) - {speaker}


def check_gossiped(call: Call) -> None:
    """Whether ``call`` may be gossiped at all; alike on every node, so that a slip goes no further than a neighbour.

    Raises:
        RejectError: it is not public.
    """
    if not is_open(call):
        raise RejectError(f"a call of classification {call.filters.classification} was gossiped")


def check_classification(call: Call) -> None:
    """Whether who is invited and what is told fit the classification.

    Raises:
        RejectError: an unknown classification; a public call that names guests, another that names none, too many,
            the customer, or a witness that is none of them; a restricted one without jurisdictions or with holes.
    """
    invited, classification = call.filters.invited, call.filters.classification
    if not Classification.PUBLIC <= classification <= Classification.RESTRICTED:
        raise RejectError(f"there is no classification {classification}")
    if len(invited) > MAX_INVITED or any(len(peer) != HASH_BYTES for peer in invited):
        raise RejectError("call invites too many, or one that is no peer")
    if list(invited) != sorted(set(invited)) or call.customer in invited:
        raise RejectError("who is invited is not in order, or the customer is one of them")
    if bool(invited) == is_open(call):
        raise RejectError("a public call invites nobody by name, and every other one does")
    if invited and not set(call.witnesses) <= set(invited):
        raise RejectError("a witness is not invited")
    if classification == Classification.RESTRICTED and (not call.filters.jurisdictions or call.part.holes):
        raise RejectError("a restricted call names no jurisdiction, or tells of holes")
