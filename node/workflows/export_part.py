"""From finished parts to their evidence: what a customer's node puts into a bundle, proven by its own chain."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from governance.in_force import pack_at
from ledger import designs, headers, members, order_events, provenance
from ledger.bundle import FORMAT, Bundle, Design, Part, Step, federation_of
from ledger.chain import Chain
from ledger.contracts import Contracts
from ledger.errors import LedgerError
from ledger.facts import Facts
from ledger.layout import head_slot, licence_slot, member_slot, passport_slot
from ledger.proofs import BlockProof, prove
from ledger.types import Log
from node.workflows.events import RecordsArrived
from node.workflows.posted import Post, operations_of, transcript_of
from node.workflows.thread import licence_of
from protocol import merkle
from protocol.blocks import BlockName, Voucher, vouch
from protocol.checkpoint import Checkpoint, read_note, tidy_note
from protocol.ids import Address
from protocol.signed import Signed, sign
from protocol.transcript import write

WINDOW = 5_000
"""Blocks searched for a job's events at once; providers of RPC commonly limit a query to more."""

FOLLOWED = 6
"""Blocks that the state shown lies behind the head, so that other nodes have followed the chain there too."""


def collect(
    chain: Chain,
    contracts: Contracts,
    state: Post,
    parts: Iterable[tuple[int, int]],
    *,
    tenders: Iterable[Post] = (),
    signing: bytes,
) -> Bundle:
    """The bundle of ``parts`` (number and unit of each) of the job in ``state``, without what other nodes add.

    Raises:
        LedgerError: the endpoint does not answer, or not with what adds up.
        RejectError: the rule pack of the order cannot be found on the chain.
    """
    posted = state.posted
    parts = sorted(parts)
    blocks, opened = _blocks(chain, contracts, state, [unit for _, unit in parts])
    return Bundle(
        format=FORMAT,
        federation=federation_of(contracts.deployment),
        rules=pack_at(chain, contracts.rules, digest=state.call.rule_pack, block=opened),
        design=Design(
            root=posted.sealed.root,
            nonce=posted.sealed.nonce,
            packages=posted.sealed.hashes,
        ),
        auction=write(transcript_of(state, partial(sign, signing))),
        replacements=state.replacements,
        tenders=tuple(write(transcript_of(tender, partial(sign, signing))) for tender in tenders),
        certificates=tuple(sorted({one for arrived in _arrived(state) for one in arrived.certificates})),
        notes=tuple(tidy_note(arrived.note) for arrived in _arrived(state)),
        consistency=tuple(() for _ in _arrived(state)),
        parts=_parts(state, parts),
        blocks=blocks,
        vouchers=(),
    )


def voucher_for(chain: Chain, numbers: Sequence[int], *, signing: bytes) -> Signed | None:
    """This node's word on those of the blocks that its chain has, if any."""
    heads = [head for number in numbers if (head := chain.block(number)) is not None]
    blocks = tuple(BlockName(number=head.number, hash=head.hash) for head in heads)
    return vouch(signing, Voucher(chain=chain.chain_id, blocks=blocks)) if blocks else None


def block_numbers(bundle: Bundle) -> tuple[int, ...]:
    """Of the blocks that a bundle rests on."""
    return tuple(headers.decode(proof.header).number for proof in bundle.blocks)


def checkpoint_pairs(bundle: Bundle) -> list[tuple[Checkpoint | None, Checkpoint]]:
    """Each checkpoint of a bundle after the next smaller one of the same log, as an auditor pairs them."""
    facts = Facts(bundle)
    pairs = zip(facts.earlier_notes(), facts.notes, strict=True)
    return [(None if old is None else old.checkpoint, new.checkpoint) for old, new in pairs]


def federation_logs(chain: Chain, contracts: Contracts) -> Iterator[Log]:
    """All that the federation's contracts have said."""
    head = chain.head().number
    for first in range(contracts.block, head + 1, WINDOW):
        yield from chain.logs(first, min(head, first + WINDOW - 1), contracts.addresses)


def _arrived(state: Post) -> tuple[RecordsArrived, ...]:
    """The verified records of each assignment."""
    return tuple(assigned.arrived for assigned in state.assigned if assigned.arrived is not None)


def _parts(state: Post, parts: Iterable[tuple[int, int]]) -> tuple[Part, ...]:
    """The parts' records in routing order, each with its place in its assignment's evidence tree."""
    provers = [merkle.prover([one.record.digest for one in arrived.records]) for arrived in _arrived(state)]

    def steps(number: int) -> Iterator[Step]:
        for index, arrived in enumerate(_arrived(state)):
            for offset, _operation in enumerate(operations_of(state, index)):
                position = offset * state.call.quantity + number - 1
                yield Step(
                    logged=arrived.records[position],
                    assignment=index,
                    index=position,
                    size=len(arrived.records),
                    proof=provers[index](position),
                )

    return tuple(Part(number=number, unit=unit, steps=tuple(steps(number))) for number, unit in sorted(parts))


def _blocks(
    chain: Chain, contracts: Contracts, state: Post, units: Iterable[int]
) -> tuple[tuple[BlockProof, ...], int]:
    """Every ledger event that the parts' evidence rests on, and the state since then; and where the order stands."""
    wanted: dict[int, list[Log]] = {}
    subject, head = _Subject(state, contracts), chain.head().number
    opened = latest = 0
    for log in federation_logs(chain, contracts):
        event = contracts.decode(log)
        if subject.concerns(event):
            wanted.setdefault(log.block, []).append(log)
            opened = log.block if isinstance(event, order_events.Opened) else opened
        if log.block <= head - FOLLOWED or log.block in wanted:
            latest = max(latest, log.block)
    storage = _storage(contracts, state, units)
    shown = latest if _proves(chain, latest, storage[0]) else head
    proofs = {number: prove(chain, number, logs=logs) for number, logs in wanted.items() if number != shown}
    proofs[shown] = prove(chain, shown, logs=wanted.get(shown, ()), storage=storage)
    return tuple(proofs[number] for number in sorted(proofs)), opened


def _storage(contracts: Contracts, state: Post, units: Iterable[int]) -> list[tuple[Address, bytes]]:
    """Where the contracts keep what became of licences, of providers and their logs, and of the units' passports."""
    designs_at, anchors_at, members_at = (
        contracts.designs.address,
        contracts.provenance.address,
        contracts.members.address,
    )
    licences = [licence_of(state, contracts, operation.index) for operation in state.call.operations]
    makers = {assigned.provider for assigned in state.assigned}
    serials = (contracts.designs.serial_id(licences[-1], unit) for unit in units)
    return [
        *((designs_at, licence_slot(one)) for one in licences),
        *((anchors_at, head_slot(maker)) for maker in makers),
        *((members_at, member_slot(maker)) for maker in makers),
        *((contracts.passports.address, passport_slot(serial)) for serial in serials),
    ]


def _proves(chain: Chain, number: int, place: tuple[Address, bytes]) -> bool:
    """Whether the endpoint still has the state after a block."""
    try:
        prove(chain, number, storage=[place])
    except LedgerError:
        return False
    return True


class _Subject:
    """What a job's evidence is about, to tell its events from others."""

    def __init__(self, state: Post, contracts: Contracts) -> None:
        notes = [read_note(arrived.note) for arrived in _arrived(state)]
        self._job, self._design = state.call.job, state.call.design
        replaced = {state.account_of(one.failed) for one in state.replacements}
        self._accounts = {state.posted.owner, *replaced, *(assigned.provider for assigned in state.assigned)}
        self._witnesses = {cosigned.witness for note in notes for cosigned in note.cosignatures}
        self._roots = {note.checkpoint.root for note in notes}
        self._licences = {licence_of(state, contracts, operation.index) for operation in state.call.operations}

    def concerns(self, event: object) -> bool:
        """Whether the evidence rests on ``event``."""
        match event:
            case members.Registered() | members.Revoked():
                return event.account in self._accounts or event.peer in self._witnesses
            case designs.Sealed():
                return event.commitment == self._design
            case designs.Licensed() | designs.Recorded():
                return event.licence in self._licences
            case order_events.Opened() | order_events.Awarded() | order_events.Assigned() | order_events.Attested():
                return event.job == self._job
            case order_events.Reawarded():
                return event.job == self._job
            case provenance.Anchored():
                return event.root in self._roots
        return False
