"""The contracts and the protocol's state machines side by side: told the same, compared after each step."""

from dataclasses import dataclass, field, replace
from hashlib import sha256

from ledger.bindings import designs as designs_abi
from ledger.bindings import disputes as court_abi
from ledger.bindings import members as members_abi
from ledger.bindings import orders as abi
from ledger.disputes import OUTCOMES
from ledger.errors import RevertedError
from ledger.types import Transaction
from protocol import membership
from protocol.case import Case, CaseState
from protocol.errors import RefusedError
from protocol.ids import Address, Digest, JobId
from protocol.licensing import Licensing
from protocol.order import Order
from protocol.rules import RulePack
from protocol.units import BasisPoints, Cents, UnixSeconds
from tests.contracts.book import DESIGNS, MEMBERS, ORDERS, Action, Book, Paper, Target
from tests.contracts.calls import SALT, licence_of, transaction
from tests.contracts.draw import draw
from tests.contracts.federation import (
    BOND,
    COURT,
    CUSTOMER,
    DEPLOYER,
    FUNDS,
    OTHER_SHOP,
    PACK,
    SHOP,
    STRANGER,
    TREASURY,
    Scene,
    address,
    join,
)

JURORS = tuple(address(0xE000 + number) for number in range(5))
RESTLESS = tuple(address(0xF000 + number) for number in range(3))
"""Members who bond, leave and are slashed more than others; nobody's work depends on them."""

PEOPLE = (CUSTOMER, SHOP, OTHER_SHOP, STRANGER, *JURORS, *RESTLESS)
ESCROWS = (ORDERS, MEMBERS, COURT)
OPENING = b"a bid and its salt"
SEAL = Digest(sha256(OPENING).digest())
LASTING = 40 * BOND
"""What jurors and shops have at stake: many a penalty leaves them in their role."""

POCKET = 50_000
"""What each shop and juror has at hand."""


def populate(scene: Scene) -> None:
    """Beside the customer and the shops: five auditors, and everybody has money and lets the escrows take it."""
    for juror in JURORS:
        join(scene, juror, membership.AUDITOR, stake=LASTING)
    token = scene.contracts.token
    for person in PEOPLE:
        if person not in (CUSTOMER, STRANGER):
            scene.evm.send(DEPLOYER, token.transfer(person, Cents(POCKET)))
        for escrow in ESCROWS:
            scene.evm.send(person, token.approve(escrow, Cents(FUNDS)))
    for shop in (SHOP, OTHER_SHOP):
        scene.evm.send(shop, scene.contracts.members.bond(Cents(LASTING)))


@dataclass
class Pair:
    """The contracts and their reference, told the same things in step."""

    scene: Scene
    book: Book
    touched: set[Target | Address] = field(default_factory=set)
    """What was acted on since the last look."""

    @classmethod
    def of(cls, scene: Scene, pack: RulePack = PACK) -> "Pair":
        """A book that says what the populated ``scene`` holds, with ``pack`` in force."""
        evm, members = scene.evm, scene.contracts.members
        book = Book(now=evm.now, block=evm.block, pack=pack)
        book.members = {person: members.stake(evm, person) for person in PEOPLE if person != STRANGER}
        book.purses = {person: scene.balance(person) for person in PEOPLE}
        pair = cls(scene, book)
        book.draw = pair.drawn
        return pair

    def tell(self, by: Address, target: Target, action: Action) -> str:
        """Do it to both; they must agree on whether it is refused, and why. Returns the error or nothing."""
        expected = ""
        sent = transaction(self.scene.contracts, target, action)
        try:
            self.book.do(by, target, action)
        except RefusedError as refusal:
            expected = refusal.reason
        found = ""
        try:
            self.scene.evm.send(by, sent)
        except RevertedError as refusal:
            found = refusal.name
        if not found:
            self.touched |= {target, by, action.account if isinstance(action, membership.Slash) else by}
        assert found == expected, f"{action} is answered with {found or 'done'}, not {expected or 'done'}"
        return found

    def vote_seal(self, job: bytes, index: int, juror: Address, share: int) -> Digest:
        """What ``juror`` binds itself to ``share`` with."""
        _, _, round_, milestone = self.book.key(job, index)
        return self.scene.contracts.disputes.vote_seal(
            JobId(job), index, juror, BasisPoints(share), SALT, round_=round_, milestone=milestone
        )

    def fork(self) -> "Pair":
        """A pair whose book may be changed freely; the chain is undone by whoever forks."""
        forked = Pair(self.scene, self.book.copy(), set(self.touched))
        forked.book.draw = forked.drawn
        return forked

    def ask_for_bonds(self, bond: int) -> None:
        """Put rules in force that ask for this bid bond, or for none."""
        if bond != self.book.pack.bid_bond:
            self.adopt(replace(self.book.pack, version=self.book.pack.version + 1, bid_bond=Cents(bond)))

    def adopt(self, pack: RulePack) -> None:
        """Put ``pack`` in force."""
        self.scene.adopt(pack)
        self.book.pack = pack
        self.book.wait(self.scene.evm.now - self.book.now)

    def wait(self, seconds: int) -> None:
        self.book.wait(seconds)
        self.scene.evm.wait_until(self.book.now)

    def withdraw(self, escrow: Address, account: Address) -> None:
        """Take out what is owed; both must agree how much it is."""
        amount = self.book.withdraw(escrow, account)
        self.scene.evm.send(account, Transaction(to=escrow, payload=abi.withdraw_call()))
        assert self.scene.balance(account) == self.book.purses[account], amount

    def drawn(self, job: bytes, index: int) -> tuple[Address, ...]:
        """The panel that the hash of the case's block draws."""
        found = self.book.cases.get(self.book.key(job, index))
        matter = self.book.matter(job, index)
        if found is None or matter is None:
            return ()

        def eligible(who: Address) -> bool:
            now, minimum = UnixSeconds(self.book.now), Cents(BOND)
            holds = self.book.members[who].holds(membership.AUDITOR, now=now, minimum=minimum)
            return holds and who not in matter.parties

        return draw(self._auditors(), found.draw_block, self.book.key(job, index), eligible)

    def check_touched(self) -> None:
        """What was acted on since the last look is the same on both sides, and so are the sums."""
        for target in self.touched:
            if isinstance(target, Paper):
                self._check_design(target)
            elif isinstance(target, tuple):
                self._check_cases(*target)
                self._check_order(target[0])
            elif target in self.book.orders:
                assert isinstance(target, bytes)
                self._check_order(target)
            elif target in self.book.members:
                assert isinstance(target, bytes)
                self._check_member(Address(target))
        self.touched.clear()
        self.check_totals()

    def check(self) -> None:
        """Everything is the same on both sides."""
        self.touched |= {*self.book.orders, *self.book.members}
        self.check_touched()
        for escrow in ESCROWS:
            for person in (*PEOPLE, TREASURY):
                call = self.scene.evm.call(escrow, abi.credit_call(person))
                assert abi.credit_result(call) == self.book.credit.get((escrow, person), 0)

    def check_totals(self) -> None:
        """O1, O3 and R1: every escrow holds what it locks and owes, and not a cent less or more."""
        for escrow in ESCROWS:
            totals = abi.totals_result(self.scene.evm.call(escrow, abi.totals_call()))
            assert (totals.locked, totals.credited) == (self.book.locked(escrow), self.book.owed(escrow))
            assert self.scene.balance(escrow) == totals.locked + totals.credited

    def _check_order(self, job: bytes) -> None:
        expected = self.book.orders[job]
        bidders = [bid.bidder for bid in expected.bids]
        assert self.scene.contracts.orders.order(self.scene.evm, JobId(job), bidders) == expected
        _check_sums(expected)

    def _check_design(self, paper: Paper) -> None:
        """D1 to D5: what was sealed, opened, licensed and made is what the contract says."""
        expected, evm, where = self.book.designs.get(paper, Licensing()), self.scene.evm, DESIGNS
        sealed = designs_abi.sealed_at_result(evm.call(where, designs_abi.sealed_at_call(*paper[:2])))
        root = designs_abi.root_of_result(evm.call(where, designs_abi.root_of_call(*paper[:2])))
        licence = licence_of(self.scene.contracts, paper)
        found = designs_abi.licence_of_result(evm.call(where, designs_abi.licence_of_call(licence)))
        assert (sealed, root) == (expected.sealed_at, expected.root)
        assert (found.owner, found.licensee, found.max_units) == (
            expected.owner,
            expected.licensee,
            expected.max_units,
        )
        assert (found.made, found.revoked, found.expiry) == (expected.made, expected.revoked, expected.expiry)
        assert found.made <= found.max_units

    def _check_member(self, account: Address) -> None:
        found = self.scene.contracts.members.stake(self.scene.evm, account)
        assert found == self.book.members[account]

    def _check_cases(self, job: bytes, index: int) -> None:
        evm, court = self.scene.evm, self.scene.contracts.disputes.address
        for (of, number, round_, milestone), expected in self.book.cases.items():
            if (of, number) != (job, index):
                continue
            found = court_abi.case_of_result(evm.call(court, court_abi.case_of_call(job, index, round_, milestone)))
            assert OUTCOMES[found.outcome] == _outcome(expected)
            assert (found.offered_bps, found.conceded_bps) == (expected.offered, expected.conceded)
            assert (found.summoner, found.fee, found.draw_block) == (
                expected.summoner,
                expected.fee,
                expected.draw_block,
            )
            seats = [(juror.account, juror.opened, juror.share, juror.seal) for juror in expected.panel]
            assert [tuple(seat) for seat in found.panel] == seats

    def _auditors(self) -> list[Address]:
        evm, where = self.scene.evm, MEMBERS
        count = members_abi.auditor_count_result(evm.call(where, members_abi.auditor_count_call()))
        return [
            Address(members_abi.auditor_at_result(evm.call(where, members_abi.auditor_at_call(number))))
            for number in range(count)
        ]


def _outcome(found: Case) -> str:
    open_ = found.state in (CaseState.WAITING, CaseState.SUMMONED, CaseState.SEATED)
    return "" if open_ else found.state.value


def _check_sums(order: Order) -> None:
    """O2, O5, O7 and O10, on one order."""
    terminal = order.state.value in ("settled", "cancelled", "expired")
    assert not terminal or order.locked == 0
    assert 0 <= order.locked <= order.budget
    held = sum(work.left for work in order.works if not work.state.is_terminal)
    assert order.locked == (order.budget if order.state.value == "open" else held)
    assert all(0 <= work.approved <= work.win.milestones for work in order.works)
