"""How a membership and its bond get into every state and to the end of every term, and what may be tried there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from protocol.ids import Address, Digest, EncryptionKey, PeerId
from protocol.membership import (
    AUDITOR,
    CUSTOMER,
    NO_PEER,
    PROVIDER,
    ROLES,
    Bond,
    Member,
    MemberAction,
    Register,
    Registry,
    Release,
    Revoke,
    Slash,
    Unbond,
    enrol,
)
from protocol.params import MAX_TERM, UNBONDING
from protocol.rules import RulePack
from protocol.turn import Outcome, Turn
from protocol.units import Cents, UnixSeconds
from tests.contracts.federation import BOND, COURT, PACK, SHOP, STRANGER, TREASURY, YEAR, word
from tests.contracts.pair import RESTLESS
from tests.vectors.situations import EPOCH, Situation, named

MEMBER = RESTLESS[0]
"""Whose membership it is."""

PEER, OTHER_PEER = PeerId(word("peer")), PeerId(word("another peer"))
TAKEN = PeerId(word(SHOP.hex()[-8:]))
"""The peer of a shop."""

USED = word("used before")
"""Evidence that somebody was punished for."""


@dataclass(frozen=True, slots=True)
class MemberMachine:
    """That of one member among others."""

    pack: RulePack = PACK
    start: ClassVar[Member] = Member()

    def turn(self, state: Member, action: MemberAction, turn: Turn) -> Outcome[Member]:
        holder = {TAKEN: SHOP, state.peer: MEMBER}.get(action.peer) if isinstance(action, Register) else None
        punished = isinstance(action, Slash) and action.evidence == USED
        registry = Registry(minimum=Cents(BOND), court=COURT, holder=holder, punished=punished)
        return enrol(state, action, turn, registry)

    def setting(self) -> dict[str, object]:
        return {"account": MEMBER, "minimum": BOND, "court": COURT, "taken": {TAKEN.hex(): SHOP}, "punished": (USED,)}

    def moment(self, state: Member, action: MemberAction, at: UnixSeconds) -> dict[str, object]:
        return {}


MemberSituation = Situation[Member, MemberAction]


def register(now: int, roles: int, *, peer: PeerId = PEER, key: str = "key", term: int = YEAR) -> Register:
    expiry = UnixSeconds(now + term)
    return Register(roles=roles, peer=peer, encryption_key=EncryptionKey(word(key)), expiry=expiry)


def punish(account: Address, amount: int, evidence: Digest) -> Slash:
    return Slash(account=account, amount=Cents(amount), evidence=evidence, beneficiary=TREASURY)


def slash(amount: int, evidence: Digest) -> Slash:
    return punish(MEMBER, amount, evidence)


def situations() -> Iterator[MemberSituation]:
    """Every one of them."""
    outside: MemberSituation = Situation(machine=MemberMachine())
    saved = outside.then(MEMBER, Bond(amount=Cents(BOND)))
    provider = saved.then(MEMBER, register(EPOCH, PROVIDER))
    rich = provider.then(MEMBER, Bond(amount=Cents(BOND + 1)))
    leaving = outside.then(MEMBER, Bond(amount=Cents(BOND))).then(MEMBER, Unbond(amount=Cents(BOND)))
    both = rich.then(MEMBER, Unbond(amount=Cents(BOND)))
    guilty = word("guilty")
    stories = {
        "outside": outside,
        "outside with a bond": saved,
        "customer": outside.then(MEMBER, register(EPOCH, CUSTOMER)),
        "provider at the minimum": provider,
        "provider above the minimum": rich,
        "provider below the minimum": provider.then(COURT, slash(1, guilty)),
        "expired": provider.after(YEAR + 1),
        "revoked": provider.then(MEMBER, Revoke()),
        "rotated": provider.then(MEMBER, register(EPOCH, PROVIDER, peer=OTHER_PEER)),
        "leaving": leaving,
        "leaving, last second": leaving.after(UNBONDING - 1),
        "leaving, due": leaving.after(UNBONDING),
        "both": both,
        "both, without the role that needs a bond": both.then(MEMBER, register(EPOCH, CUSTOMER)),
        "both, due": both.after(UNBONDING),
        "both, more was unbonded meanwhile": rich.then(MEMBER, Unbond(amount=Cents(1)))
        .after(UNBONDING)
        .then(MEMBER, Unbond(amount=Cents(1))),
        "gone": leaving.after(UNBONDING).then(MEMBER, Release()),
        "slashed to nothing": provider.then(COURT, slash(10 * BOND, guilty)),
    }
    yield from named(stories)


def tries(member: MemberSituation) -> Iterator[tuple[Address, MemberAction]]:
    """Every action, at its bounds."""
    now, state = member.now, member.state
    every = sum(ROLES.values())
    for roles in (0, CUSTOMER, PROVIDER, AUDITOR, every, every + 1):
        yield MEMBER, register(now, roles)
    for peer in (NO_PEER, OTHER_PEER, TAKEN):
        yield MEMBER, register(now, CUSTOMER, peer=peer)
    yield MEMBER, register(now, CUSTOMER, key="")
    for term in (0, 1, MAX_TERM, MAX_TERM + 1):
        yield MEMBER, register(now, CUSTOMER, term=term)
    yield MEMBER, Revoke()
    yield MEMBER, Release()
    yield MEMBER, Bond(amount=Cents(1))
    for amount in sorted({0, 1, BOND, BOND + 1, state.bond, state.bond + 1}):
        yield MEMBER, Unbond(amount=Cents(amount))
    whole = state.bond + state.unbonding
    for amount in sorted({0, 1, state.bond, whole, whole + 1}):
        yield COURT, slash(amount, word("new guilt"))
    yield COURT, slash(1, USED)
    for by in (MEMBER, STRANGER):
        yield by, slash(1, word("new guilt"))
