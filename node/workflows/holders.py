"""Who holds the keys of a job, and of which work the ledger says that it is disputed; nobody is chosen by a party."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import count

from ledger.contracts import Contracts
from ledger.types import Reads
from protocol.ids import Address, Digest, EncryptionKey, JobId, PeerId
from protocol.order import Order, Work, WorkState
from protocol.params import MAX_HOLDERS, MIN_HOLDERS
from protocol.seal import expand


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """Somebody that may hold a share."""

    peer: PeerId
    key: EncryptionKey
    """As it stands on the ledger."""


def drawn(job: JobId, auditors: Iterable[Auditor]) -> tuple[Auditor, ...]:
    """Who holds the job's keys, drawn by its identifier, in order of peer; nobody if there are too few."""
    order = sorted(auditors, key=lambda one: sha256(b"guildmark/holder/1" + job + one.peer).digest())
    chosen = sorted(order[:MAX_HOLDERS], key=lambda one: one.peer)
    return tuple(chosen) if len(chosen) >= MIN_HOLDERS else ()


def threshold_of(holders: int) -> int:
    """Shares that open a key: more than half."""
    return holders // 2 + 1


def drawing(secret: bytes, holders: Iterable[PeerId], key: bytes) -> Callable[[int], bytes]:
    """Randomness that is the same when a key is shared among the same holders again, so that it can be retried."""
    seed, numbers = expand(secret, "shares/" + sha256(b"".join((key, *holders))).hexdigest()), count()
    return lambda size: expand(seed, "row", next(numbers))[:size]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """Work that is disputed on the ledger."""

    maker: Address
    panel: frozenset[Address]
    """Nobody, as long as it is not drawn."""


def disputed_of(chain: Reads, contracts: Contracts, job: JobId) -> tuple[Disputed, ...]:
    """What of the order's work is disputed."""
    found = []
    for index, work in enumerate(_works(chain, contracts, job)):
        if work.state is WorkState.DISPUTED:
            case = contracts.disputes.case(chain, job, index, round_=work.round, milestone=work.approved)
            found.append(Disputed(maker=work.win.provider, panel=frozenset(juror.account for juror in case.panel)))
    return tuple(found)


def licensed(chain: Reads, contracts: Contracts, order: Order, package: Digest, maker: Address) -> bool:
    """Whether the ledger holds, or held, a licence of ``maker`` for a package of the order's design."""
    licence = contracts.designs.licence_id(
        owner=order.terms.customer, commitment=order.terms.design, package=package, licensee=maker
    )
    return contracts.designs.standing(chain, licence).units > 0


def makers_of(chain: Reads, contracts: Contracts, job: JobId) -> tuple[PeerId, ...]:
    """The peers of those that the order's work is assigned to."""
    members = (contracts.members.member(chain, work.win.provider) for work in _works(chain, contracts, job))
    return tuple(dict.fromkeys(member.peer for member in members if member is not None))


def _works(chain: Reads, contracts: Contracts, job: JobId) -> tuple[Work, ...]:
    order = contracts.orders.order(chain, job)
    return () if order is None else order.works
