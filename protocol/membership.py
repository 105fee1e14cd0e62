"""A member's registration and bond, and all that may happen to them; everything else is refused.

The member contract is the second implementation: ``tests/vectors/member.json`` holds both to it, and random
histories are told to both.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from protocol.errors import refuse
from protocol.ids import Address, Digest, EncryptionKey, PeerId
from protocol.params import MAX_TERM, UNBONDING
from protocol.turn import Outcome, Turn
from protocol.units import NOTHING, Cents, UnixSeconds

PROVIDER, CUSTOMER, AUDITOR, STEWARD = 1, 2, 4, 8

ROLES: dict[str, int] = {"provider": PROVIDER, "customer": CUSTOMER, "auditor": AUDITOR, "steward": STEWARD}
"""A member's roles are a sum of these."""

BONDED_ROLES = PROVIDER | AUDITOR
"""Those that need the minimum bond."""

NO_PEER = PeerId(bytes(32))
_NO_KEY = EncryptionKey(bytes(32))
_NEVER = UnixSeconds(0)

MEMBER_EDGES = frozenset(
    {
        "member: outside -> registered by Register",
        "member: registered -> registered by Register",
        "member: registered -> outside by Revoke",
        "bond: none -> bonded by Bond",
        "bond: bonded -> bonded by Bond",
        "bond: leaving -> both by Bond",
        "bond: both -> both by Bond",
        "bond: bonded -> leaving by Unbond",
        "bond: bonded -> both by Unbond",
        "bond: both -> both by Unbond",
        "bond: both -> leaving by Unbond",
        "bond: leaving -> none by Release",
        "bond: both -> bonded by Release",
        "bond: bonded -> bonded by Slash",
        "bond: bonded -> none by Slash",
        "bond: both -> both by Slash",
        "bond: both -> leaving by Slash",
        "bond: both -> none by Slash",
        "bond: leaving -> leaving by Slash",
        "bond: leaving -> none by Slash",
    }
)
"""All there are: a registration and a bond change along one of these or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One account; one that never did anything has the empty value."""

    peer: PeerId = NO_PEER
    """Zero for an account that is not registered."""

    encryption_key: EncryptionKey = _NO_KEY
    roles: int = 0
    epoch: int = 0
    """Rises by one with each registration and revocation of the account."""

    expiry: UnixSeconds = _NEVER
    """Last second in which keys and roles are good."""

    bond: Cents = NOTHING
    unbonding: Cents = NOTHING
    """On its way out, and still liable."""

    due: UnixSeconds = _NEVER
    """When what is on its way out may leave."""

    @property
    def state(self) -> str:
        """Where the registration stands."""
        return "outside" if self.peer == NO_PEER else "registered"

    @property
    def stake(self) -> str:
        """Where the bond stands."""
        if self.unbonding:
            return "both" if self.bond else "leaving"
        return "bonded" if self.bond else "none"

    def holds(self, role: int, *, now: UnixSeconds, minimum: Cents) -> bool:
        """Whether the member may act in ``role`` at ``now``."""
        return bool(self.roles & role) and now <= self.expiry and self.bond >= required(self.roles, minimum)

    def votes(self, cap: Cents) -> Cents:
        """What its own bond counts in a vote."""
        return NOTHING if self.peer == NO_PEER else min(self.bond, cap)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Register, or rotate keys and roles."""

    roles: int
    peer: PeerId
    encryption_key: EncryptionKey
    expiry: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """End the registration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """Put more at stake."""

    amount: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbond:
    """Begin to take some of the bond out."""

    amount: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Turn what has been on its way long enough into credit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slash:
    """Take from a member's bond, by the court."""

    account: Address
    amount: Cents
    evidence: Digest
    beneficiary: Address


MemberAction = Register | Revoke | Bond | Unbond | Release | Slash


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What else the ledger knows when somebody acts on a membership."""

    minimum: Cents
    court: Address
    holder: Address | None
    """Account that the peer to be registered belongs to already."""

    punished: bool
    """Whether the evidence of a slash was used before."""


def required(roles: int, minimum: Cents) -> Cents:
    """What a member in ``roles`` has at stake at least."""
    return minimum if roles & BONDED_ROLES else NOTHING


def enrol(member: Member, action: MemberAction, turn: Turn, registry: Registry) -> Outcome[Member]:
    """What ``member`` becomes by ``action``: its own, or the court's slash.

    Raises:
        RefusedError: it is not allowed.
    """
    enrolling = _Enrolling(member, turn, registry)
    _RULES[type(action)](enrolling, action)
    after, name = enrolling.member, type(action).__name__
    edges = []
    if isinstance(action, Register | Revoke):
        edges.append(f"member: {member.state} -> {after.state} by {name}")
    if (member.bond, member.unbonding) != (after.bond, after.unbonding):
        edges.append(f"bond: {member.stake} -> {after.stake} by {name}")
    assert MEMBER_EDGES.issuperset(edges), edges  # noqa: S101  # the graph is the specification
    return Outcome(state=after, owed=tuple(enrolling.owed), taken=enrolling.taken, edges=tuple(edges))


@dataclass(slots=True)
class _Enrolling:
    """One action on its way: the member as it is so far, and what has been moved."""

    member: Member
    turn: Turn
    registry: Registry
    owed: list[tuple[Address, Cents]] = field(default_factory=list)
    taken: Cents = NOTHING

    def change(self, **changes: object) -> None:
        self.member = replace(self.member, **changes)  # type: ignore[arg-type]  # names are checked by replace

    def owe(self, account: Address, amount: Cents) -> None:
        if amount:
            self.owed.append((account, amount))


def _register(enrolling: _Enrolling, action: Register) -> None:
    now, member, registry = enrolling.turn.at, enrolling.member, enrolling.registry
    refuse(not 0 < action.roles <= sum(ROLES.values()), "UnknownRoles")
    refuse(action.peer == NO_PEER or action.encryption_key == _NO_KEY, "ZeroKey")
    refuse(not now < action.expiry <= now + MAX_TERM, "BadExpiry")
    refuse(registry.holder not in (None, enrolling.turn.by), "PeerTaken")
    refuse(member.bond < required(action.roles, registry.minimum), "BondTooLow")
    enrolling.change(
        peer=action.peer,
        encryption_key=action.encryption_key,
        roles=action.roles,
        epoch=member.epoch + 1,
        expiry=action.expiry,
    )


def _revoke(enrolling: _Enrolling, _action: Revoke) -> None:
    refuse(enrolling.member.peer == NO_PEER, "NotMember")
    epoch = enrolling.member.epoch + 1
    enrolling.change(peer=NO_PEER, encryption_key=_NO_KEY, roles=0, epoch=epoch, expiry=_NEVER)


def _bond(enrolling: _Enrolling, action: Bond) -> None:
    enrolling.change(bond=Cents(enrolling.member.bond + action.amount))
    enrolling.taken = action.amount


def _unbond(enrolling: _Enrolling, action: Unbond) -> None:
    member = enrolling.member
    refuse(not 0 < action.amount <= member.bond, "BadAmount")
    left = Cents(member.bond - action.amount)
    refuse(left < required(member.roles, enrolling.registry.minimum), "BondTooLow")
    due = UnixSeconds(enrolling.turn.at + UNBONDING)
    enrolling.change(bond=left, unbonding=Cents(member.unbonding + action.amount), due=due)


def _release(enrolling: _Enrolling, _action: Release) -> None:
    refuse(enrolling.turn.at < enrolling.member.due, "StillBound")
    enrolling.owe(enrolling.turn.by, enrolling.member.unbonding)
    enrolling.change(unbonding=NOTHING)


def _slash(enrolling: _Enrolling, action: Slash) -> None:
    member = enrolling.member
    refuse(enrolling.turn.by != enrolling.registry.court, "NotCourt")
    refuse(enrolling.registry.punished, "AlreadyPunished")
    from_bond = min(action.amount, member.bond)
    from_unbonding = min(action.amount - from_bond, member.unbonding)
    enrolling.change(bond=Cents(member.bond - from_bond), unbonding=Cents(member.unbonding - from_unbonding))
    enrolling.owe(action.beneficiary, Cents(from_bond + from_unbonding))


_RULES: dict[type[MemberAction], Callable[[_Enrolling, Any], None]] = {
    Register: _register,
    Revoke: _revoke,
    Bond: _bond,
    Unbond: _unbond,
    Release: _release,
    Slash: _slash,
}
"""Each takes the action that it stands at."""
