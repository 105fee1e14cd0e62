"""Who holds how much of the settlement token; the proof that a federation neither makes nor loses money."""

from dataclasses import dataclass
from time import monotonic, sleep

from devnet.federation import CHAIN_ID, Federation
from ledger.chain import Chain
from ledger.contracts import contracts_at
from ledger.deployment import Deployment
from protocol.units import Cents

SETTLE_SECONDS = 30.0
"""Withdrawals are still on their way when a job is settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Holdings in cents: what each account has in its hands or as credit in the order contract."""

    accounts: dict[str, Cents]
    locked: Cents
    """In the order contract and nobody's credit: escrow of running orders."""


def balance_of(federation: Federation, *, settled: bool = False) -> Balance:
    """The holdings now; with ``settled`` once every participant has withdrawn what is its own."""
    deadline = monotonic() + SETTLE_SECONDS
    while True:
        balance, waiting = _read(federation)
        if not settled or not waiting or monotonic() > deadline:
            return balance
        sleep(0.2)


def _read(federation: Federation) -> tuple[Balance, int]:
    contracts = contracts_at(Deployment.from_json(federation.layout.deployment.read_text()))
    chain = Chain(federation.ledger_url, CHAIN_ID)
    who = {name: federation.identity(name).account for name in federation.nodes}
    who["treasury"] = contracts.treasury.address
    credited = {name: contracts.orders.credit(chain, account) for name, account in who.items()}
    held = {name: contracts.token.balance(chain, account) for name, account in who.items()}
    inside = contracts.token.balance(chain, contracts.orders.address)
    balance = Balance(
        accounts={name: Cents(held[name] + credited[name]) for name in who},
        locked=Cents(inside - sum(credited.values())),
    )
    return balance, sum(amount for name, amount in credited.items() if name != "treasury")
