"""Who hands out evidence and who judges it: the customer's node exports bundles, any node verifies any part."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import trio

from federation.errors import FederationError, RefusedError
from federation.network import Network
from ledger import designs
from ledger.audit import audit
from ledger.bundle import Bundle
from ledger.chain import Chain
from node.access.guests import Partner, cleared
from node.access.table import Action, Role, Tie
from node.errors import RequestError, UnavailableError, UnknownError
from node.identity import Identity
from node.report import document_of
from node.workflows import posted
from node.workflows.audit_file import trust_in
from node.workflows.exchange import ANSWER_DEADLINE
from node.workflows.export_part import block_numbers, checkpoint_pairs, collect, federation_logs, voucher_for
from node.workflows.ledger_reads import LedgerReads
from node.workflows.parcels import Parcels
from node.workflows.posted import Post
from node.workflows.runner import Runner
from node.workflows.thread import part_serials
from node.workflows.ties import check, state_of
from protocol import merkle
from protocol.blocks import open_voucher
from protocol.checkpoint import Checkpoint
from protocol.errors import ProtocolError, RejectError
from protocol.ids import Address, Digest, PeerId
from protocol.params import HASH_BYTES, MAX_VOUCHED
from protocol.requests import BundleRequest, Consistency, ConsistencyRequest, Parcel, VoucherRequest
from protocol.signed import Signed
from protocol.topics import FETCH_BUNDLE, FETCH_CONSISTENCY, FETCH_VOUCHER
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.audit")

Document = dict[str, Any]

MAX_LAID_OUT = 64
"""Bundles, whole or in part, that lie there; each is made or fetched anew when it is asked for again."""


class Auditor:
    """Exports the bundles of this node's own jobs, and verifies any part of the federation."""

    def __init__(
        self,
        *,
        runner: Runner,
        network: Network,
        reads: LedgerReads,
        identity: Identity,
        parcels: Parcels,
        folder: Path,
        partners: tuple[Partner, ...] = (),
    ) -> None:
        self._partners = partners
        self._runner = runner
        self._network = network
        self._reads = reads
        self._identity = identity
        self._parcels = parcels
        self._folder = folder

    def serve(self) -> None:
        """Answer auditors' requests for bundles, and everybody's for our word on blocks."""
        self._network.serve(FETCH_BUNDLE, self._answer)
        self._network.serve(FETCH_VOUCHER, self._vouch)

    async def bundle(self, serial: str, *, lot: bool = False) -> bytes:
        """The evidence of the part with ``serial``, or of all parts of its job: ours to export, or its customer's."""
        mark = _parse(serial)
        found = self._own(mark)
        if found is not None:
            return encode(await self._export(*found, lot=lot))
        customer = await self._customer_of(mark)
        try:
            request = encode(BundleRequest(serial=mark, lot=lot))
            reply = await self._network.request(customer, FETCH_BUNDLE, request, deadline=ANSWER_DEADLINE * 3)
            content = decode(Parcel, reply).content
        except (FederationError, ProtocolError) as error:
            raise UnavailableError(f"the part's customer does not hand out its bundle: {error}") from error
        path = self._folder / f"{content.hex()}.fetched"
        await self._parcels.fetch(customer, content, path, what=f"the bundle of {serial[:12]}")
        return await trio.to_thread.run_sync(_taken, path)

    async def audit(self, serial: str) -> Document:
        """Verify the part with ``serial`` against this node's chain."""
        content = await self.bundle(serial)
        contracts = self._reads.contracts

        def judge(chain: Chain) -> Document:
            return document_of(audit(content, trust_in(chain, contracts.deployment, "this node's chain")))

        return await self._reads.ask(judge)

    def _own(self, mark: Digest) -> tuple[Post, int] | None:
        """The job of a part of ours, and the part's number."""
        for stream in self._runner.streams(posted.NAME):
            state = self._runner.state(stream)
            assert isinstance(state, Post)  # noqa: S101  # the stream's workflow
            for number, serial in part_serials(state, self._reads.contracts):
                if serial == mark:
                    return state, number
        return None

    def _tenders(self, state: Post) -> tuple[Post, ...]:
        """Those by which the order got better, in that order."""
        told = (one.improvement for one in state.replacements)
        found = (self._runner.state(posted.stream_of(one.tender)) for one in told if one is not None)
        return tuple(tender for tender in found if isinstance(tender, Post))

    async def _export(self, state: Post, number: int, *, lot: bool) -> Bundle:
        """The bundle, with the word of the job's providers on its blocks beside our own."""
        marked = enumerate(part_serials(state, self._reads.contracts), start=1)
        parts = [(part, unit) for unit, (part, _) in marked if lot or part == number]
        signing, tenders = self._identity.signing, self._tenders(state)
        try:
            bundle = await self._reads.ask(
                lambda chain: collect(chain, self._reads.contracts, state, parts, tenders=tenders, signing=signing)
            )
        except RejectError as error:
            raise UnavailableError(f"the evidence is not complete yet: {error}") from error
        numbers = block_numbers(bundle)[:MAX_VOUCHED]
        own = await self._reads.ask(lambda chain: voucher_for(chain, numbers, signing=signing))
        vouchers = {} if own is None else {own.author: own}
        for account in {assigned.provider for assigned in state.assigned}:
            peer = await self._reads.peer_of(account)
            voucher = None if peer in vouchers else await self._fetch_voucher(peer, numbers)
            if voucher is not None:
                vouchers[peer] = voucher
        grown = [await self._fetch_consistency(*pair) for pair in checkpoint_pairs(bundle)]
        return replace(bundle, vouchers=tuple(vouchers[peer] for peer in sorted(vouchers)), consistency=tuple(grown))

    async def _fetch_voucher(self, peer: PeerId, numbers: tuple[int, ...]) -> Signed | None:
        """A peer's word on blocks; None when it does not answer with one: the evidence is complete without."""
        request = encode(VoucherRequest(numbers=numbers))
        try:
            reply = await self._network.request(peer, FETCH_VOUCHER, request, deadline=ANSWER_DEADLINE)
            signed = decode(Signed, reply)
            open_voucher(signed)
        except (FederationError, ProtocolError):
            return None
        return signed if signed.author == peer else None

    async def _fetch_consistency(self, old: Checkpoint | None, new: Checkpoint) -> tuple[Digest, ...]:
        """A provider's proof that its log only grew; nothing when there is none to give, or none is given."""
        if old is None or old.size == new.size:
            return ()
        request = encode(ConsistencyRequest(old=old.size, new=new.size))
        try:
            reply = await self._network.request(new.provider, FETCH_CONSISTENCY, request, deadline=ANSWER_DEADLINE)
            proof = decode(Consistency, reply).proof
            merkle.verify_consistency(old.size, old.root, new.size, new.root, proof)
        except (FederationError, ProtocolError) as error:
            log.warning("no proof that the log of %s only grew: %s", new.provider.hex()[:8], error)
            return ()
        return proof

    async def _customer_of(self, mark: Digest) -> PeerId:
        """Whose design the serial was minted for: licence, owner, peer, all from the ledger."""
        contracts = self._reads.contracts

        def owner(chain: Chain) -> Address | None:
            events = [contracts.decode(log) for log in federation_logs(chain, contracts)]
            licensed = {event.licence: event.owner for event in events if isinstance(event, designs.Licensed)}
            for event in (event for event in events if isinstance(event, designs.Recorded)):
                units = range(event.first, event.last + 1)
                if any(contracts.designs.serial_id(event.licence, unit) == mark for unit in units):
                    return licensed.get(event.licence)
            return None

        account = await self._reads.ask(owner)
        if account is None:
            raise UnknownError(f"no part with serial {mark.hex()[:12]} was ever recorded on this ledger")
        return await self._reads.peer_of(account)

    async def _answer(self, peer: PeerId, payload: bytes) -> bytes:
        request = decode(BundleRequest, payload)
        found = self._own(request.serial)
        if found is None:
            raise RefusedError("unknown", "no such part here")
        job, _number = found
        some = cleared(job.call, self._partners, self._reads.wall())
        tie = Tie.GUEST if some is None or peer in some else Tie.OTHER
        check(await self._reads.subject(peer, Role.AUDITOR), Action.SEE_EVIDENCE, state=state_of(job), tie=tie)
        bundle = encode(await self._export(*found, lot=request.lot))
        path = self._folder / f"{request.serial.hex()}.{'lot' if request.lot else 'part'}"
        await trio.to_thread.run_sync(_laid_out, path, bundle)
        return encode(Parcel(content=await self._parcels.promise(path, peer)))

    async def _vouch(self, _peer: PeerId, payload: bytes) -> bytes:
        numbers = decode(VoucherRequest, payload).numbers
        if len(numbers) > MAX_VOUCHED or list(numbers) != sorted(set(numbers)):
            raise RefusedError("bad-request", f"ask for at most {MAX_VOUCHED} blocks, in ascending order")
        signing = self._identity.signing
        voucher = await self._reads.ask(lambda chain: voucher_for(chain, numbers, signing=signing))
        if voucher is None:
            raise RefusedError("unknown", "none of these blocks is on the chain here")
        return encode(voucher)


def _laid_out(path: Path, bundle: bytes) -> None:
    """Put ``bundle`` where it can be fetched; those that were handed out longest ago go."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(bundle)
    draft.rename(path)
    _tidy(path.parent)


def _taken(path: Path) -> bytes:
    """What came, which is not kept: a bundle is asked for again when it is wanted again."""
    content = path.read_bytes()
    path.unlink()
    _tidy(path.parent)
    return content


def _tidy(folder: Path) -> None:
    files = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime)
    for old in files[:-MAX_LAID_OUT]:
        old.unlink(missing_ok=True)


def _parse(serial: str) -> Digest:
    try:
        mark = bytes.fromhex(serial)
    except ValueError:
        mark = b""
    if len(mark) != HASH_BYTES:
        raise RequestError("bad-serial", f"{serial!r} is neither a bundle file nor a serial of 64 hexadecimal digits")
    return Digest(mark)
