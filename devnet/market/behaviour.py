"""Who plays how: most keep the rules, some cheat in one of the ways that the protocol has an answer to."""

from enum import Enum
from random import Random


class Shop(Enum):
    """How a provider behaves in auctions and afterwards."""

    HONEST = "honest"
    LATE = "commits after the deadline"
    COPIER = "commits to the seal of another"
    IMPOSTOR = "passes the commitment of another off as its own"
    SYBIL = "commits under a second name that has no bond"
    TWO_FACED = "commits twice, to different bids"
    BLOATED = "reveals more offers than a bid may hold"
    SILENT = "never reveals"
    SWITCHER = "reveals another bid than it sealed"
    REPLAYER = "reveals what it revealed in an earlier auction"
    FICKLE = "declines what it won"
    DOUBLE_SELLER = "offers time that it has promised"
    FRONT_RUNNER = "claims the pay of work that another made"
    DESERTER = "vanishes with work under way"
    SLOW = "its clock is ten minutes behind"
    FAST = "its clock is ten minutes ahead"


class Buyer(Enum):
    """How a customer behaves."""

    HONEST = "honest"
    IMPATIENT = "posts the same request again and again"
    ROOTLESS = "never says which commitments it counts"
    FORGETFUL = "omits a bid from the award"
    PARTIAL = "awards a wrong winner"
    EQUIVOCATOR = "tells two outcomes of one auction"
    PEEKER = "lets a friend bid when it has seen the bids"
    SHILL = "bids below everybody under another name"
    SILENT = "goes silent after the reveal"
    VANISHED = "vanishes once its order is being made"
    SLOW = "as a customer, its clock is ten minutes behind"
    FAST = "as a customer, its clock is ten minutes ahead"


class Mishap(Enum):
    """What changes after the award."""

    MACHINE = "machine failure"
    PROVIDER = "vanished provider"
    CUSTOMER = "vanished customer"
    INSPECTION = "rejected inspection"
    SHIPMENT = "late shipment"
    RUSH = "rush order"


HONEST_SHARE = 0.6
"""Share of each side that keeps the rules; far fewer cheats would meet each other too rarely."""

SKEW = {Shop.SLOW: -600, Shop.FAST: 600, Buyer.SLOW: -600, Buyer.FAST: 600}
"""Seconds by which clocks are wrong."""


def shop(rng: Random) -> Shop:
    """One provider's character."""
    return Shop.HONEST if rng.random() < HONEST_SHARE else rng.choice(list(Shop)[1:])


def buyer(rng: Random) -> Buyer:
    """One customer's character."""
    return Buyer.HONEST if rng.random() < HONEST_SHARE else rng.choice(list(Buyer)[1:])


class Reason(Enum):
    """Why something was refused, ignored or ended; every refusal names one."""

    NO_OFFER = "no-offer"
    OVER = "over-by-its-clock"
    LATE = "late"
    DUPLICATE = "duplicate"
    NOT_ITS_OWN = "not-its-own"
    NO_BOND = "no-bond"
    NO_ROOT = "no-root"
    UNOPENED = "unopened"
    UNKNOWN_SEAL = "unknown-seal"
    MALFORMED = "malformed"
    DECLINED = "declined"
    SOLD_ELSEWHERE = "sold-elsewhere"
    CANONICAL_AWARD = "canonical-award-stands"
    NOT_ASSIGNED = "not-assigned"
    NO_AWARD = "no-award"
    NO_REPAIR = "no-repair"
    GIVEN_UP = "given-up-and-begun-again"
    EXPIRED = "expired"
    PAID = "paid"
