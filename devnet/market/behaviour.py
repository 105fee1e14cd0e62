"""Who plays how: most keep the rules, some cheat in one of the ways that the protocol has an answer to."""

from enum import Enum
from random import Random


class Shop(Enum):
    """How a provider behaves in auctions and afterwards."""

    HONEST = "honest"
    LATE = "commits after the deadline"
    COPIER = "commits to the seal of another"
    TWO_FACED = "commits twice, to different bids"
    BLOATED = "reveals more offers than a bid may hold"
    SILENT = "never reveals"
    FICKLE = "declines what it won"
    DOUBLE_SELLER = "offers time that it has promised"
    DESERTER = "vanishes with work under way"


class Buyer(Enum):
    """How a customer behaves."""

    HONEST = "honest"
    IMPATIENT = "posts the same request again and again"
    FORGETFUL = "omits a bid from the award"
    PARTIAL = "awards a wrong winner"
    SILENT = "goes silent after the reveal"
    STUBBORN = "never approves what was made"


HONEST_SHARE = 0.6
"""Share of each side that keeps the rules; far fewer cheats would meet each other too rarely."""


def shop(rng: Random) -> Shop:
    """One provider's character."""
    return Shop.HONEST if rng.random() < HONEST_SHARE else rng.choice(list(Shop)[1:])


def buyer(rng: Random) -> Buyer:
    """One customer's character."""
    return Buyer.HONEST if rng.random() < HONEST_SHARE else rng.choice(list(Buyer)[1:])


class Reason(Enum):
    """Why something was refused, ignored or ended; every refusal names one."""

    NO_OFFER = "no-offer"
    LATE = "late"
    DUPLICATE = "duplicate"
    UNOPENED = "unopened"
    UNKNOWN_SEAL = "unknown-seal"
    MALFORMED = "malformed"
    DECLINED = "declined"
    SOLD_ELSEWHERE = "sold-elsewhere"
    CANONICAL_AWARD = "canonical-award-stands"
    NO_AWARD = "no-award"
    NO_REPAIR = "no-repair"
    EXPIRED = "expired"
    PAID = "paid"
