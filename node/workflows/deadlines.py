"""When an auction's doors close: the customer's wishes, never below what the rules in force ask for."""

from dataclasses import dataclass

from node.config import AuctionConfig
from protocol.rules import RulePack
from protocol.units import UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Of one auction, wall time."""

    commit_by: UnixSeconds
    reveal_by: UnixSeconds


def deadlines(wall: UnixSeconds, auction: AuctionConfig, rules: RulePack) -> Deadlines:
    """The deadlines of an auction that is called at ``wall``: bidding begins once its order is open."""
    commit_by = wall + auction.opening + max(auction.commit, rules.min_commit)
    reveal_by = commit_by + max(auction.reveal, rules.min_reveal)
    return Deadlines(commit_by=UnixSeconds(commit_by), reveal_by=UnixSeconds(reveal_by))
