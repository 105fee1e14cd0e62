"""Which part carries which serial: the link from a job's records to the marks that its parts bear."""

from ledger.contracts import Contracts
from node.workflows.posted import Post, operations_of
from protocol import merkle
from protocol.facts import conforming
from protocol.ids import Address, Digest
from protocol.wire import encode


def licence_of(state: Post, contracts: Contracts, operation: int) -> Digest:
    """The licence under which ``operation`` is done, as it stands."""
    index = next(i for i in range(len(state.assigned)) if operation in operations_of(state, i))
    return licence_for(state, contracts, operation, state.assigned[index].provider)


def licence_for(state: Post, contracts: Contracts, operation: int, licensee: Address) -> Digest:
    """The licence for ``operation`` of one that makes it, or made it once."""
    return contracts.designs.licence_id(
        owner=state.posted.owner,
        commitment=state.call.design,
        package=merkle.leaf_hash(encode(state.posted.sealed.leaves[operation + 1])),
        licensee=licensee,
    )


def licences(state: Post, contracts: Contracts) -> tuple[Digest, ...]:
    """The licences of a job's operations, once they are assigned."""
    if not state.assigned or len(state.assigned) != len(state.awarded):
        return ()
    return tuple(licence_of(state, contracts, operation.index) for operation in state.call.operations)


def part_serials(state: Post, contracts: Contracts) -> tuple[tuple[int, Digest], ...]:
    """Part numbers and serials of the finished, conforming parts.

    A serial is minted under the licence of the routing's last operation, one for each conforming part in order.
    """
    last = len(state.call.operations) - 1
    told = (facts for assigned in state.assigned for facts in assigned.facts)
    finished = sorted(facts.part for facts in told if facts.operation == last and conforming(facts))
    if not finished:
        return ()
    licence = licence_of(state, contracts, last)
    units = [
        number
        for minted in state.minted
        if minted.licence == licence
        for number in range(minted.first, minted.last + 1)
    ]
    return tuple(
        (part, contracts.designs.serial_id(licence, unit)) for part, unit in zip(finished, units, strict=False)
    )
