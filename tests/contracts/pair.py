"""The contract and its reference side by side: told the same, compared after each step."""

from copy import deepcopy
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from ledger.bindings import orders as abi
from ledger.errors import RevertedError
from ledger.orders import Winner
from ledger.types import Transaction
from protocol.ids import Address, Digest, JobId
from protocol.rules import RulePack
from protocol.units import Cents, UnixSeconds
from tests.contracts.federation import CUSTOMER, EVIDENCE, OTHER_SHOP, PACK, SHOP, STRANGER, TRANSCRIPT, TREASURY, Scene
from tests.contracts.model import TERMINAL, Model, Order, Refused, Win

ACTORS = (CUSTOMER, SHOP, OTHER_SHOP, STRANGER, TREASURY)
ORDER_STATES = ("none", "open", "awarded", "settled", "cancelled", "expired")
BID_STATES = ("none", "sealed", "revealed", "forfeited", "returned")
OPENING = b"a bid and its salt"
SEAL = Digest(sha256(OPENING).digest())
POCKET = 1000
"""What each shop has at hand to bond its bids with."""


@dataclass
class Pair:
    """The contract and its reference, told the same things in step."""

    scene: Scene
    model: Model
    pack: RulePack = PACK
    touched: bytes | None = None
    """The order that was acted on last."""

    def tell(self, caller: Address, action: str, job: bytes, *arguments: Any) -> str:
        """Do it to both; they must agree on whether it is refused, and why. Returns the error or nothing."""
        expected = ""
        try:
            getattr(self.model, action)(caller, job, *arguments)
        except Refused as refusal:
            expected = str(refusal)
        found = ""
        try:
            self.scene.evm.send(caller, self._transaction(action, JobId(job), *arguments))
        except RevertedError as refusal:
            found = refusal.name
        self.touched = self.touched if found else job
        assert found == expected, f"{action} is answered with {found or 'done'}, not {expected or 'done'}"
        return found

    def _transaction(self, action: str, job: JobId, *arguments: Any) -> Transaction:
        orders = self.scene.contracts.orders
        match action, arguments:
            case "open", (budget, deadline, late, reveal_by):
                return self.scene.opening(
                    job=job, budget=budget, deadline=deadline, late=late, reveal_by=reveal_by, pack=self.pack.digest
                )
            case "bid", ():
                return orders.bid(job, SEAL)
            case "reveal", (honest,):
                return orders.reveal(job, OPENING if honest else b"another bid")
            case "award", (wins,):
                return orders.award(job, TRANSCRIPT, [_winner(win) for win in wins])
            case "reaward", (index, win):
                return orders.reaward(job, index, TRANSCRIPT, _winner(win))
            case "rule", (index, to_provider):
                return Transaction(to=orders.address, payload=abi.rule_call(job, index, to_provider))
            case "lapse", (index,):
                return self.scene.contracts.disputes.close(job, index)
            case "attest" | "dispute", (index,):
                return getattr(orders, action)(job, index, EVIDENCE)  # type: ignore[no-any-return]
            case _:
                return getattr(orders, action)(job, *arguments)  # type: ignore[no-any-return]

    def fork(self) -> "Pair":
        """A pair whose reference may be changed freely; the chain is undone by whoever forks."""
        return Pair(self.scene, deepcopy(self.model), self.pack)

    def ask_for_bonds(self, bond: int) -> None:
        """Put rules in force that ask for this bid bond, or for none."""
        if bond != self.model.bid_bond:
            self.pack = replace(self.pack, version=self.pack.version + 1, bid_bond=Cents(bond))
            self.scene.adopt(self.pack)
            self.model.bid_bond, self.model.now = bond, self.scene.evm.now

    def wait(self, seconds: int) -> None:
        self.model.now += seconds
        self.scene.evm.wait_until(self.model.now)

    def check(self) -> None:
        """Contract and reference hold the same states and the same money, and it adds up to what there is."""
        for job, order in self.model.orders.items():
            self._check_order(job, order)
        credit = {actor: self.scene.credit(actor) for actor in ACTORS}
        assert credit == {actor: self.model.credit.get(actor, 0) for actor in ACTORS}
        self.check_totals()

    def check_touched(self) -> None:
        """The same for the order that was acted on last, and the sums."""
        if self.touched is not None and self.touched in self.model.orders:
            self._check_order(self.touched, self.model.orders[self.touched])
            self.touched = None
        self.check_totals()

    def check_totals(self) -> None:
        """The sums are those of the reference, and there is as much."""
        orders, evm = self.scene.contracts.orders, self.scene.evm
        totals = abi.totals_result(evm.call(orders.address, abi.totals_call()))
        locked = sum(order.locked for order in self.model.orders.values()) + self.model.bonds
        credited = sum(self.model.credit.values())
        assert (totals.locked, totals.credited) == (locked, credited)
        assert self.scene.balance(orders.address) == locked + credited

    def _check_order(self, job: bytes, order: Order) -> None:
        orders, evm = self.scene.contracts.orders, self.scene.evm
        found = abi.order_of_result(evm.call(orders.address, abi.order_of_call(job)))
        assert ORDER_STATES[found.state] == order.state
        assert (found.locked, found.budget) == (order.locked, order.budget)
        assert (found.locked == 0) or order.state in ("open", "awarded")
        assert (found.assignments, found.unsettled) == (
            len(order.works),
            sum(work.state not in TERMINAL for work in order.works),
        )
        for index, work in enumerate(order.works):
            state = orders.assignment(evm, JobId(job), index)
            assert (state.state, state.round, state.paid_milestones) == (work.state, work.round, work.approved)
            stake = order.stake(work) if work.state in ("attested", "disputed") else 0
            assert orders.at_stake(evm, JobId(job), index) == stake
        for bidder, state_of_bid in order.bids.items():
            bid = abi.bid_of_result(evm.call(orders.address, abi.bid_of_call(job, bidder)))
            assert BID_STATES[bid.state] == state_of_bid


def _winner(win: Win) -> Winner:
    return Winner(
        provider=win.provider, price=Cents(win.price), units=1, due=UnixSeconds(win.due), milestones=win.milestones
    )
