"""Puts the contracts on a fresh chain and hands out the settlement token; run once for a federation."""

from collections.abc import Mapping
from time import monotonic, sleep

from ledger.chain import Chain, account_of
from ledger.deployment import Deployment, Membership, plan
from ledger.errors import LedgerError
from ledger.governor import Terms
from ledger.token import Token
from protocol.ids import Address
from protocol.params import PROCESSES
from protocol.rules import RulePack, mask_of
from protocol.units import BasisPoints, Cents, Seconds

GAS = 6_000_000
"""Enough for the largest of the contracts; the embedded chain asks no price for it."""

MINED_SECONDS = 60.0

PACK = RulePack(
    version=1,
    fee=BasisPoints(150),
    min_commit=Seconds(2),
    min_reveal=Seconds(2),
    review=Seconds(120),
    dispute=Seconds(240),
    max_budget=Cents(10_000_000),
    carbon=Cents(10_000),
    max_hour=Cents(100_000),
    bid_bond=Cents(0),
    dispute_fee=Cents(0),
    notice=Seconds(2),
    processes=mask_of(PROCESSES),
    premium=BasisPoints(0),
)
"""The devnet's first rule pack: 1.5 % fee, 100.00 a tonne of CO2, windows of seconds so that nobody waits."""

TERMS = Terms(delay=2, period=20, extension=5, threshold=50_000, quorum=20, timelock=4)
"""How the devnet's members vote, in seconds; a real federation gives each of these days. A bonded provider may propose,
and a fifth of all bonds must take part."""


MEMBERSHIP = Membership(minimum_bond=Cents(50_000), vote_cap=Cents(200_000))
"""Providers and auditors stake 500.00; more than 2,000.00 gives nobody more votes."""


def deploy(url: str, chain_id: int, *, key: bytes, fund: Mapping[Address, Cents], pack: RulePack = PACK) -> Deployment:
    """Deploy every contract with ``key`` and give each account in ``fund`` its amount.

    Raises:
        LedgerError: the chain does not answer, or refuses a transaction.
    """
    chain = Chain(url, chain_id)
    steward = account_of(key)
    block = chain.head().number
    nonce = chain.nonce(steward)
    creations = plan(steward, nonce, pack=pack, membership=MEMBERSHIP, terms=TERMS)
    hashes = []
    for creation in creations.creations:
        signed = chain.sign(key, creation, nonce=nonce, gas=GAS)
        chain.send(signed.raw)
        hashes.append(signed.hash)
        nonce += 1
    deployment = creations.deployment(chain_id, block)
    token = Token(deployment.token)
    for account, amount in fund.items():
        signed = chain.sign(key, token.transfer(account, amount), nonce=nonce, gas=GAS)
        chain.send(signed.raw)
        hashes.append(signed.hash)
        nonce += 1
    for transaction in hashes:
        _wait(chain, transaction)
    return deployment


def _wait(chain: Chain, transaction: bytes) -> None:
    deadline = monotonic() + MINED_SECONDS
    while (receipt := chain.receipt(transaction)) is None:
        if monotonic() > deadline:
            raise LedgerError(f"transaction {transaction.hex()} is not mined after {MINED_SECONDS:.0f} s")
        sleep(0.1)
    if not receipt.status:
        raise LedgerError(f"transaction {transaction.hex()} of the deployment was refused")
