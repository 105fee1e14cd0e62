"""The federation's ledger in plain Python: the protocol's state machines, the people and their money, told what the
contracts are told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import NamedTuple

from protocol import membership
from protocol.case import Case, Matter, matter_of
from protocol.case_machine import Bench, CaseAction, Draw, move
from protocol.errors import RefusedError, refuse
from protocol.ids import Address, Digest
from protocol.licensing import Licensing, LicensingAction, RecordUnits, Registration, RevokeLicence, license_design
from protocol.membership import Member, MemberAction, Registry, Slash, enrol
from protocol.order import Order
from protocol.order_actions import OrderAction, Rule
from protocol.order_machine import Setting, transition
from protocol.rules import RulePack
from protocol.turn import Turn
from protocol.units import Cents, UnixSeconds
from tests.contracts.evm import CHAIN_ID
from tests.contracts.federation import BOND, COURT, PLAN, TREASURY

ORDERS, MEMBERS, DESIGNS = (PLAN.addresses[name] for name in ("Orders", "Members", "Designs"))


class Paper(NamedTuple):
    """A commitment, and the package and licensee of the one licence under it."""

    owner: Address
    commitment: Digest
    licensee: Address


Target = Paper | tuple[bytes, int] | bytes | None
"""What is acted on: a design, a milestone by job and assignment, an order by job, or the actor's membership."""

Action = OrderAction | CaseAction | MemberAction | LicensingAction
CaseKey = tuple[bytes, int, int, int]


@dataclass
class Book:
    """Every order, case and member, and who has what; each action changes them or is refused."""

    now: int
    block: int
    pack: RulePack
    members: dict[Address, Member] = field(default_factory=dict)
    orders: dict[bytes, Order] = field(default_factory=dict)
    cases: dict[CaseKey, Case] = field(default_factory=dict)
    designs: dict[Paper, Licensing] = field(default_factory=dict)
    purses: dict[Address, int] = field(default_factory=dict)
    """Tokens at hand."""

    credit: dict[tuple[Address, Address], int] = field(default_factory=dict)
    """What an escrow owes an account."""

    punished: set[bytes] = field(default_factory=set)
    edges: Counter[str] = field(default_factory=Counter)
    """How often each edge was taken."""

    draw: Callable[[bytes, int], tuple[Address, ...]] = lambda _job, _index: ()
    """Whom the block's hash draws for a case."""

    def copy(self) -> "Book":
        """One that can be written in without changing this one; what it holds is never changed in place."""
        return replace(
            self,
            members=dict(self.members),
            orders=dict(self.orders),
            cases=dict(self.cases),
            designs=dict(self.designs),
            purses=dict(self.purses),
            credit=dict(self.credit),
            punished=set(self.punished),
            edges=Counter(self.edges),
        )

    def wait(self, seconds: int) -> None:
        """Time passes; there is a block each second."""
        self.now, self.block = self.now + seconds, self.block + seconds

    def do(self, by: Address, target: Target, action: Action) -> None:
        """Do it, or raise ``RefusedError`` and do nothing."""
        commit = self.weigh(by, target, action)
        commit.taken()
        self.edges.update(commit.edges)

    def weigh(self, by: Address, target: Target, action: Action) -> "Step":
        """What doing it would be, without doing it."""
        turn = Turn(by=by, at=UnixSeconds(self.now))
        if isinstance(target, Paper):
            return self._on_design(turn, target, action)  # type: ignore[arg-type]
        if isinstance(target, tuple):
            return self._in_case(turn, target, action)  # type: ignore[arg-type]
        if isinstance(target, bytes):
            return self._on_order(turn, target, action)  # type: ignore[arg-type]
        return self._on_member(turn, action)  # type: ignore[arg-type]

    def withdraw(self, escrow: Address, account: Address) -> int:
        """What ``account`` takes out of ``escrow``."""
        amount = self.credit.pop((escrow, account), 0)
        self.purses[account] = self.purses.get(account, 0) + amount
        return amount

    def matter(self, job: bytes, index: int) -> Matter | None:
        """What a case over assignment ``index`` would be about."""
        order = self.orders.get(job)
        return None if order is None or order.work(index) is None else matter_of(order, index)

    def key(self, job: bytes, index: int) -> CaseKey:
        """Of the case over the present milestone."""
        work = self.orders[job].works[index]
        return (job, index, work.round, work.approved)

    @property
    def setting(self) -> Setting:
        return Setting(
            pack=self.pack,
            paused_until=UnixSeconds(0),
            providers=frozenset(
                account
                for account, member in self.members.items()
                if member.holds(membership.PROVIDER, now=UnixSeconds(self.now), minimum=Cents(BOND))
            ),
            court=COURT,
            treasury=TREASURY,
        )

    def locked(self, escrow: Address) -> int:
        """What ``escrow`` holds for a cause."""
        if escrow == ORDERS:
            return sum(order.locked + order.bonds for order in self.orders.values())
        if escrow == MEMBERS:
            return sum(member.bond + member.unbonding for member in self.members.values())
        return sum(case.fee for case in self.cases.values() if case.state.value in ("summoned", "seated"))

    def owed(self, escrow: Address) -> int:
        """What ``escrow`` owes to anybody."""
        return sum(amount for (whose, _), amount in self.credit.items() if whose == escrow)

    def _on_design(self, turn: Turn, paper: Paper, action: LicensingAction) -> "Step":
        if not isinstance(action, RevokeLicence | RecordUnits):
            paper = paper._replace(owner=turn.by)  # whoever seals what another sealed has a commitment of its own
        at = Registration(chain=CHAIN_ID, registry=DESIGNS, owner=paper.owner, commitment=paper.commitment)
        outcome = license_design(self.designs.get(paper, Licensing()), action, turn, at)

        def commit() -> None:
            self.designs[paper] = outcome.state

        return Step(edges=outcome.edges, taken=commit)

    def _on_order(self, turn: Turn, job: bytes, action: OrderAction) -> "Step":
        outcome = transition(self.orders.get(job), action, turn, self.setting)
        self._afford(turn.by, outcome.taken)

        def commit() -> None:
            self.orders[job] = outcome.state
            self._pay(ORDERS, turn.by, outcome.taken, outcome.owed)

        return Step(edges=outcome.edges, taken=commit)

    def _in_case(self, turn: Turn, target: tuple[bytes, int], action: CaseAction) -> "Step":
        job, index = target
        matter = self.matter(job, index)
        if matter is None:
            raise RefusedError("NotDisputed")
        key = self.key(job, index)
        bench = Bench(
            block=self.block,
            drawn=self.draw(job, index) if isinstance(action, Draw) else (),
            minimum_bond=Cents(BOND),
            treasury=TREASURY,
        )
        outcome = move(self.cases.get(key, Case()), action, turn, matter, bench)
        self._afford(turn.by, outcome.taken)
        edges = list(outcome.edges)
        court = Turn(by=COURT, at=turn.at)
        ruled = None
        if outcome.ruling is not None:
            ruled = transition(self.orders[job], Rule(index=index, to_provider=outcome.ruling), court, self.setting)
            edges += ruled.edges

        def commit() -> None:
            self.cases[key] = outcome.state
            self._pay(COURT, turn.by, outcome.taken, outcome.owed)
            if ruled is not None:
                self.orders[job] = ruled.state
                self._pay(ORDERS, COURT, Cents(0), ruled.owed)
            for number, slash in enumerate(outcome.slashed):
                evidence = Digest(sha256(repr((key, number)).encode()).digest())
                taken = Slash(
                    account=slash.account, amount=slash.amount, evidence=evidence, beneficiary=slash.beneficiary
                )
                self._on_member(court, taken).taken()

        return Step(edges=tuple(edges), taken=commit)

    def _on_member(self, turn: Turn, action: MemberAction) -> "Step":
        account = action.account if isinstance(action, Slash) else turn.by
        holder = None
        if isinstance(action, membership.Register):
            holder = next((who for who, other in self.members.items() if other.peer == action.peer), None)
        punished = isinstance(action, Slash) and action.evidence in self.punished
        registry = Registry(minimum=Cents(BOND), court=COURT, holder=holder, punished=punished)
        outcome = enrol(self.members.get(account, Member()), action, turn, registry)
        self._afford(turn.by, outcome.taken)

        def commit() -> None:
            self.members[account] = outcome.state
            self._pay(MEMBERS, turn.by, outcome.taken, outcome.owed)
            if isinstance(action, Slash):
                self.punished.add(action.evidence)

        return Step(edges=outcome.edges, taken=commit)

    def _afford(self, account: Address, amount: int) -> None:
        refuse(amount > self.purses.get(account, 0), "ERC20InsufficientBalance")

    def _pay(self, escrow: Address, by: Address, taken: int, owed: tuple[tuple[Address, Cents], ...]) -> None:
        self.purses[by] = self.purses.get(by, 0) - taken
        for account, amount in owed:
            self.credit[escrow, account] = self.credit.get((escrow, account), 0) + amount


@dataclass(frozen=True)
class Step:
    """One action that is allowed: which edges it takes, and how to take them."""

    edges: tuple[str, ...]
    taken: Callable[[], None]
