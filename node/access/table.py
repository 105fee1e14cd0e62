"""Who may do what: one table, and what it does not name is refused. The same for people at a node and for peers.

A person's role is that of the token it shows; a peer's are those that the ledger holds for it now, so that a
registration which was revoked or has run out, or a bond that is gone, ends what it allowed.
"""

import logging
from dataclasses import dataclass
from enum import Enum
from typing import Final

log = logging.getLogger("guildmark.access")


class Role(Enum):
    """What somebody is."""

    OPERATOR = "operator"
    """A person with the node's own token: all that the node may do."""

    CUSTOMER = "customer"
    """Posts jobs and owns their designs."""

    PROVIDER = "provider"
    """Runs the shop: its machines, and the packages of the work that it has won."""

    AUDITOR = "auditor"
    """Reads everything that is sealed or public, and opens nothing but by a quorum in a dispute."""

    STRANGER = "stranger"
    """Anybody else."""


class State(Enum):
    """Where the job stands that an action is about."""

    NONE = "none"
    """It is about no job."""

    OPEN = "open"
    """Posted, bid for, being awarded."""

    MAKING = "making"
    """The award stands on the ledger."""

    DISPUTED = "disputed"
    """So does an objection to the work in question."""

    ENDED = "ended"
    """Settled, cancelled or lost."""


class Tie(Enum):
    """How who acts belongs to what it acts on."""

    OWN = "own"
    """It is theirs: the customer's job, the shop's machines, the answer to a call."""

    PARTY = "party"
    """They have a part in it: they won the work in question, or sit on its panel."""

    GUEST = "guest"
    """They may hear of the job: it is public, or they are invited or cleared for it."""

    OTHER = "other"
    """None of these."""


class Action(Enum):
    """What can be asked of a node."""

    SEE_NODE = "see the node's state, peers and machines of others"
    SEE_JOB = "see a job, its events and its transcript"
    QUOTE = "have a design read and estimated"
    POST_JOB = "post a job"
    END_JOB = "take a job back, or order anew what it did not bring about"
    SEE_RELEASES = "see who has what of a design"
    COPY_DESIGN = "copy a design in clear, encrypted for somebody"
    REVOKE_LICENCE = "revoke the licences of a job"
    SEE_SHOP = "see the shop's plan, rules, prices and packages"
    STEER_SHOP = "change the shop's rules"
    SEE_EVIDENCE = "get a part's bundle, or have a part audited"
    SEE_ASSEMBLY = "see proposals and try them on the past"
    VOTE = "propose, vote and carry out"
    SEE_DISPUTE = "see a case"
    OBJECT = "object to work"
    SETTLE = "offer, accept, or ask for a panel in a case"
    JUDGE = "vote in a panel, and open what its case is about"
    TESTIFY = "sign what this node measured for a case, or bring what an inspector signed"
    ADMINISTER = "give and take tokens, and whatever this table does not name"
    HEAR_RESULT = "be told how an auction ended"
    TAKE_PACKAGE = "be released what an operation needs"
    SEE_RECORDS = "get the records of an assignment"
    OPEN_SHARE = "be given a share of a package's key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Lets ``roles`` do ``action`` in each of ``states`` with each of ``ties``."""

    action: Action
    roles: frozenset[Role]
    states: frozenset[State]
    ties: frozenset[Tie]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who acts, as far as has been proved."""

    name: str
    """For the log: a token's name, or the beginning of a peer's key."""

    roles: frozenset[Role]


class DeniedError(Exception):
    """The table does not allow it. Ask the node's operator for a token with the role that does."""

    def __init__(self, subject: Subject, action: Action) -> None:
        held = ", ".join(sorted(role.value for role in subject.roles)) or "nobody known"
        super().__init__(f"{subject.name} ({held}) may not {action.value}")
        self.action = action


_O, _C, _P, _A, _S = Role.OPERATOR, Role.CUSTOMER, Role.PROVIDER, Role.AUDITOR, Role.STRANGER
_NONE: Final = (State.NONE,)
_ANY: Final = (State.OPEN, State.MAKING, State.DISPUTED, State.ENDED)
_WORK: Final = (State.MAKING, State.DISPUTED, State.ENDED)


def _rule(action: Action, roles: tuple[Role, ...], states: tuple[State, ...], ties: tuple[Tie, ...], why: str) -> Rule:
    return Rule(action=action, roles=frozenset(roles), states=frozenset(states), ties=frozenset(ties), why=why)


RULES: Final = (
    _rule(Action.SEE_NODE, (_O, _C, _P, _A), _NONE, (Tie.OWN,), "it says nothing of a job"),
    _rule(Action.SEE_JOB, (_O, _C, _P), _ANY, (Tie.OWN,), "a customer its jobs, a shop its answers"),
    _rule(Action.QUOTE, (_O, _C), _NONE, (Tie.OWN,), "designs are the customer's"),
    _rule(Action.POST_JOB, (_O, _C), _NONE, (Tie.OWN,), "so is its money"),
    _rule(Action.END_JOB, (_O, _C), _ANY, (Tie.OWN,), "whoever posted it"),
    _rule(Action.SEE_RELEASES, (_O, _C), (*_NONE, *_ANY), (Tie.OWN,), "who has seen my design"),
    _rule(Action.COPY_DESIGN, (_O, _C), _ANY, (Tie.OWN,), "its owner alone, and it is logged"),
    _rule(Action.REVOKE_LICENCE, (_O, _C), (State.MAKING, State.DISPUTED), (Tie.OWN,), "while there is work to stop"),
    _rule(Action.SEE_SHOP, (_O, _P), _NONE, (Tie.OWN,), "prices and plans are the shop's secrets"),
    _rule(Action.SEE_SHOP, (_O, _P), _ANY, (Tie.OWN,), "why a price was so"),
    _rule(Action.STEER_SHOP, (_O, _P), _NONE, (Tie.OWN,), "the shop decides alone"),
    _rule(Action.SEE_EVIDENCE, (_O, _C, _A), _NONE, (Tie.OWN,), "a person has its own node fetch it"),
    _rule(Action.SEE_EVIDENCE, (_A,), _ANY, (Tie.GUEST,), "a registered auditor, cleared if it is not public"),
    _rule(Action.SEE_ASSEMBLY, (_O, _C, _P, _A), _NONE, (Tie.OWN,), "what members decide is public"),
    _rule(Action.VOTE, (_O,), _NONE, (Tie.OWN,), "the vote is the member's bond, not an employee's"),
    _rule(Action.SEE_DISPUTE, (_O, _C, _P, _A), (*_NONE, *_ANY), (Tie.OWN, Tie.PARTY), "whoever has to do with it"),
    _rule(Action.OBJECT, (_O, _C), _NONE, (Tie.OWN,), "the customer's pay is at stake"),
    _rule(Action.SETTLE, (_O, _C, _P), _NONE, (Tie.OWN,), "either side"),
    _rule(Action.JUDGE, (_O, _A), _NONE, (Tie.OWN,), "a juror"),
    _rule(Action.TESTIFY, (_O, _C, _P, _A), _NONE, (Tie.OWN,), "the measurement decides, whoever brings it"),
    _rule(Action.ADMINISTER, (_O,), _NONE, (Tie.OWN,), "nobody else"),
    _rule(Action.HEAR_RESULT, tuple(Role), _ANY, (Tie.GUEST,), "whoever may hear of the job"),
    _rule(Action.TAKE_PACKAGE, (_P,), (State.MAKING,), (Tie.PARTY,), "the winner of that operation, while it is made"),
    _rule(Action.SEE_RECORDS, (_C,), _WORK, (Tie.OWN,), "the customer, every field"),
    _rule(Action.SEE_RECORDS, (_P,), _WORK, (Tie.PARTY,), "the next shops, four fields"),
    _rule(Action.OPEN_SHARE, (_A,), (State.DISPUTED,), (Tie.PARTY,), "jurors, in a dispute that stands on the ledger"),
)
"""Everything that is allowed."""


def allows(role: Role, action: Action, state: State, tie: Tie) -> bool:
    """Whether the table has a rule for it."""
    return any(
        rule.action is action and role in rule.roles and state in rule.states and tie in rule.ties for rule in RULES
    )


def permits(subject: Subject, action: Action, *, state: State, tie: Tie) -> bool:
    """Whether one of the subject's roles is enough."""
    return any(allows(role, action, state, tie) for role in subject.roles)


def authorize(subject: Subject, action: Action, *, state: State = State.NONE, tie: Tie = Tie.OTHER) -> None:
    """Pass, or refuse; every refusal is logged, and so is what takes a design out of the node.

    Raises:
        DeniedError: no role of the subject's may do it to such a thing.
    """
    if not permits(subject, action, state=state, tie=tie):
        log.warning("denied: %s may not %s (%s, %s)", subject.name, action.value, state.value, tie.value)
        raise DeniedError(subject, action)
    if action in (Action.COPY_DESIGN, Action.TAKE_PACKAGE, Action.OPEN_SHARE):
        log.info("permitted: %s to %s (%s, %s)", subject.name, action.value, state.value, tie.value)
