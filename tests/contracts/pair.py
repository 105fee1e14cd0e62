"""The contract and its reference side by side: told the same, compared after each step."""

from copy import deepcopy
from dataclasses import dataclass

from ledger.bindings import orders as abi
from ledger.errors import RevertedError
from ledger.types import Transaction
from protocol.ids import Address, JobId
from protocol.units import Cents, UnixSeconds
from tests.contracts.federation import (
    CUSTOMER,
    EVIDENCE,
    OTHER_SHOP,
    PACK,
    SHOP,
    STRANGER,
    TREASURY,
    Scene,
    word,
)
from tests.contracts.model import Model, Refused

ACTORS = (CUSTOMER, SHOP, OTHER_SHOP, STRANGER, TREASURY)
ORDER_STATES = ("none", "open", "awarded", "settled", "cancelled")
WORK_STATES = ("none", "assigned", "attested", "disputed", "approved", "refunded", "split")


@dataclass
class Pair:
    """The contract and its reference, told the same things in step."""

    scene: Scene
    model: Model

    def tell(self, caller: Address, action: str, job: bytes, *arguments: object) -> str:
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
        assert found == expected, f"{action} is answered with {found or 'done'}, not {expected or 'done'}"
        return found

    def _transaction(self, action: str, job: JobId, *arguments: object) -> Transaction:
        orders = self.scene.contracts.orders
        match action, arguments:
            case "open", (int(budget), int(deadline)):
                return orders.open(
                    job,
                    budget=Cents(budget),
                    call=word("call"),
                    design=word("design"),
                    pack=PACK.digest,
                    deadline=UnixSeconds(deadline),
                )
            case "award", (list(winners),):
                return orders.award(job, word("transcript"), [(who, Cents(price), 1) for who, price in winners])
            case "attest" | "dispute", (int(index),):
                return getattr(orders, action)(job, index, EVIDENCE)  # type: ignore[no-any-return]
            case _:
                return getattr(orders, action)(job, *arguments)  # type: ignore[no-any-return]

    def fork(self) -> "Pair":
        """A pair whose reference may be changed freely; the chain is undone by whoever forks."""
        return Pair(self.scene, deepcopy(self.model))

    def wait(self, seconds: int) -> None:
        self.model.now += seconds
        self.scene.evm.wait_until(self.model.now)

    def check(self) -> None:
        """Contract and reference hold the same states and the same money, and it adds up to what there is."""
        orders, evm = self.scene.contracts.orders, self.scene.evm
        for job, order in self.model.orders.items():
            found = abi.order_of_result(evm.call(orders.address, abi.order_of_call(job)))
            assert ORDER_STATES[found.state] == order.state
            assert found.locked == order.locked
            assert (found.locked == 0) or order.state in ("open", "awarded")
            for index, work in enumerate(order.works):
                state = abi.assignment_of_result(evm.call(orders.address, abi.assignment_of_call(job, index))).state
                assert WORK_STATES[state] == work.state
        credit = {actor: self.scene.credit(actor) for actor in ACTORS}
        assert credit == {actor: self.model.credit.get(actor, 0) for actor in ACTORS}
        totals = abi.totals_result(evm.call(orders.address, abi.totals_call()))
        locked = sum(order.locked for order in self.model.orders.values())
        assert (totals.locked, totals.credited) == (locked, sum(credit.values()))
        assert self.scene.balance(orders.address) == locked + sum(credit.values())
