"""Keys in custody of auditors: entrusted after the award, opened by jurors alone while a dispute stands on the ledger.

The customer's node shares each package's key among auditors whom nobody chose (the job's identifier draws them); an
auditor's node keeps its share sealed and gives it to a juror of the job's case, never to anybody else. Every share
that is given is logged by its holder.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import trio

from federation.directory import Directory
from federation.errors import FederationError, RefusedError
from federation.network import Network
from ledger.types import Reads
from node.access.guests import Partner, cleared
from node.access.table import Action, Role, State, Tie
from node.errors import RequestError, UnavailableError, UnknownError
from node.identity import Identity
from node.vault.vault import Given, HeldShare, Vault
from node.workflows.holders import Auditor, Disputed, disputed_of, drawing, drawn, licensed, makers_of, threshold_of
from node.workflows.ledger_reads import LedgerReads
from node.workflows.parcels import Parcels
from node.workflows.posted import Post
from node.workflows.released import EntrustKeys, KeysEntrusted
from node.workflows.runner import Happened, Port
from node.workflows.ties import check
from protocol import merkle, sharing
from protocol.errors import IgnoreError, ProtocolError, RejectError
from protocol.escrow import (
    Entrusted,
    Escrow,
    SealedRequest,
    ShareGiven,
    ShareRequest,
    Unsealing,
    Unsealings,
    UnsealingsRequest,
    check_escrow,
    check_share,
    check_unsealings,
    entrust,
    open_entrusted,
    recovered,
    share_digest,
)
from protocol.ids import Digest, JobId, PeerId
from protocol.membership import AUDITOR
from protocol.order import Order
from protocol.params import MIN_HOLDERS
from protocol.release import SEED_BYTES, ReleaseContext, open_release, public_half, release_key
from protocol.requests import Parcel
from protocol.seal import SealedDesign, commitment_of
from protocol.signed import Signed, sign, verify
from protocol.topics import ENTRUST, ESCROW, FETCH_SEALED, FETCH_SHARE, FETCH_UNSEALINGS
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.custody")

DEADLINE = 20.0
"""Seconds that a holder has for its answer."""

AFTER = 86_400
"""Seconds that a share is kept after the last moment of a dispute."""

UNSEALINGS_SECONDS = 5.0
"""That a customer waits for a holder to say what it gave."""


class Custody:
    """One node's part in keeping keys: as customer, as holder, and as juror."""

    def __init__(
        self,
        *,
        network: Network,
        post_of: Callable[[str], Post],
        identity: Identity,
        vault: Vault,
        reads: LedgerReads,
        directory: Directory,
        partners: tuple[Partner, ...],
        parcels: Parcels,
        taken: Callable[[JobId, int, PeerId], Awaitable[None]],
    ) -> None:
        self._network = network
        self._post_of = post_of
        self._identity = identity
        self._vault = vault
        self._partners = partners
        self._reads = reads
        self._directory = directory
        self._parcels = parcels
        self._taken = taken

    @property
    def ports(self) -> dict[type, Port]:
        """How what posts ask for is carried out."""
        return {EntrustKeys: Port(perform=self.entrust)}

    def serve(self) -> None:
        """Keep what customers entrust, and answer jurors."""
        self._network.serve(ENTRUST, self._keep)
        self._network.serve(FETCH_SHARE, self._give)
        self._network.serve(FETCH_SEALED, self._show)
        self._network.serve(FETCH_UNSEALINGS, self._tell)

    # The customer.

    async def entrust(self, stream: str, effect: EntrustKeys) -> Happened:
        """Share the key of every package among auditors; without enough of them none is shared, and that is logged."""
        state = self._post_of(stream)
        if state.revoked is not None:
            return self._nobody(effect, "the licences were revoked before")
        job = state.call.job
        away = {state.call.customer, *(assignment.provider for assignment in state.awarded)}
        allowed = cleared(state.call, self._partners, self._reads.wall())
        some = [one for one in await self._auditors() if one.peer not in away]
        chosen = drawn(job, [one for one in some if allowed is None or one.peer in allowed])
        if not chosen:
            why = f"fewer than {MIN_HOLDERS} auditors are known that may hear of the job and have no part in it"
            return self._nobody(effect, why)
        design = await trio.to_thread.run_sync(self._vault.design, job)
        for index in range(1, len(design.leaves)):
            await self._entrust_one(state, design, index, chosen)
        holders = tuple(one.peer for one in chosen)
        event = KeysEntrusted(holders=holders, threshold=threshold_of(len(holders)), at=self._reads.wall())
        return Happened(key=effect.key, event=event)

    def _nobody(self, effect: EntrustKeys, why: str) -> Happened:
        event = KeysEntrusted(holders=(), threshold=0, at=self._reads.wall(), note=why)
        return Happened(key=effect.key, event=event)

    async def unsealings(
        self, holders: Iterable[PeerId], since: UnixSeconds
    ) -> dict[PeerId, tuple[Unsealing, ...] | None]:
        """To whom each holder says that it gave shares of our keys since then; None for one that does not answer."""
        found: dict[PeerId, tuple[Unsealing, ...] | None] = {}

        async def ask(holder: PeerId) -> None:
            found[holder] = None
            request = encode(UnsealingsRequest(since=since))
            try:
                reply = await self._network.request(holder, FETCH_UNSEALINGS, request, deadline=UNSEALINGS_SECONDS)
                unsealings = decode(Unsealings, reply)
                check_unsealings(unsealings)
            except (FederationError, ProtocolError) as error:
                log.info("%s does not say what it gave: %s", holder.hex()[:8], error)
            else:
                found[holder] = unsealings.given

        async with trio.open_nursery() as nursery:
            for holder in holders:
                nursery.start_soon(ask, holder)
        return found

    async def _entrust_one(self, state: Post, design: SealedDesign, index: int, chosen: tuple[Auditor, ...]) -> None:
        job, threshold = state.call.job, threshold_of(len(chosen))
        key = await trio.to_thread.run_sync(self._vault.content_key, job, index)
        holders = tuple(one.peer for one in chosen)
        draw = drawing(self._identity.vault, holders, key)
        shares = sharing.split(key, threshold=threshold, count=len(chosen), random=draw)
        hashes = design.hashes
        escrow = Escrow(
            chain=state.call.chain,
            job=job,
            leaf=design.leaves[index],
            size=len(hashes),
            proof=tuple(
                merkle.root_of_hashes(hashes[first:last]) for first, last in merkle.inclusion_ranges(index, len(hashes))
            ),
            root=design.root,
            nonce=design.nonce,
            threshold=threshold,
            holders=holders,
            shares=tuple(map(share_digest, shares)),
        )
        statement = sign(self._identity.signing, ESCROW, encode(escrow))
        for number, (one, share) in enumerate(zip(chosen, shares, strict=True), start=1):
            payload = encode(Entrusted(statement=statement, sealed=entrust(escrow, number, share, one.key)))
            try:
                await self._network.request(one.peer, ENTRUST, payload, deadline=DEADLINE)
            except FederationError as error:
                raise UnavailableError(f"auditor {one.peer.hex()[:8]} did not take its share: {error}") from error

    async def _auditors(self) -> list[Auditor]:
        """Those with a card that the ledger holds as auditors now, with the key that stands there."""
        found = []
        for card in self._directory.cards(self._reads.wall()):
            try:
                account = await self._reads.account_of(card.provider, role=AUDITOR)
            except IgnoreError:
                continue
            member = await self._reads.member(account)
            if member is not None:
                found.append(Auditor(peer=card.provider, key=member.encryption_key))
        return found

    # The holder.

    async def _keep(self, peer: PeerId, payload: bytes) -> bytes:
        given = decode(Entrusted, payload)
        escrow = decode(Escrow, verify(given.statement, ESCROW))
        if given.statement.author != peer:
            raise RefusedError("not-yours", "a customer entrusts its own keys")
        order = await self._check_statement(given.statement)
        share = open_entrusted(escrow, given.sealed, self._identity.peer, self._identity.encryption)
        until = UnixSeconds(order.terms.deadline + order.terms.review + order.terms.dispute + AFTER)
        held = HeldShare(statement=given.statement, share=share, until=until)
        now = self._reads.wall()
        await trio.to_thread.run_sync(self._vault.keep_share, escrow.job, escrow.leaf.index, held, now)
        return b""

    async def _check_statement(self, statement: Signed) -> Order:
        """The order that a customer's statement is about, once the ledger shows that the design is its own.

        Raises:
            RejectError, IgnoreError: it does not.
        """
        escrow = decode(Escrow, verify(statement, ESCROW))
        check_escrow(escrow)
        contracts = self._reads.contracts
        order = await self._reads.order(escrow.job)
        if order is None or escrow.chain != contracts.chain_id:
            raise RejectError("there is no such order")
        opened = commitment_of(
            chain=escrow.chain,
            registry=contracts.designs.address,
            owner=order.terms.customer,
            root=escrow.root,
            nonce=escrow.nonce,
        )
        if opened != order.terms.design or await self._reads.account_of(statement.author) != order.terms.customer:
            raise RejectError("the package is not of the order's design, or another's order")
        return order

    async def _give(self, peer: PeerId, payload: bytes) -> bytes:
        signed = decode(Signed, payload)
        request = decode(ShareRequest, verify(signed, FETCH_SHARE))
        held = await trio.to_thread.run_sync(self._vault.share, request.job, request.package)
        if signed.author != peer or held is None:
            raise RefusedError("unknown", "no share of that here for you")
        escrow = decode(Escrow, held.statement.payload)
        await self._check_juror(peer, request.job, merkle.leaf_hash(encode(escrow.leaf)))
        released = release_key(request.key, held.share, context_of(escrow))
        given = Given(
            customer=held.statement.author,
            job=request.job,
            package=request.package,
            to=peer,
            at=self._reads.wall(),
            request=signed,
        )
        await trio.to_thread.run_sync(self._note, given)
        return encode(ShareGiven(statement=held.statement, released=released))

    def _note(self, given: Given) -> None:
        """Log it, unless the juror had the share before: who asks a thousand times fills no disk."""
        what = (given.job, given.package, given.to)
        if what not in {(one.job, one.package, one.to) for one in self._vault.given()}:
            self._vault.note_given(given)

    async def _tell(self, peer: PeerId, payload: bytes) -> bytes:
        """What was given of the keys that ``peer`` itself entrusted."""
        since = decode(UnsealingsRequest, payload).since
        check(await self._reads.subject(peer, Role.CUSTOMER), Action.SEE_RELEASES, state=State.NONE, tie=Tie.OWN)
        given = await trio.to_thread.run_sync(self._vault.given)
        rows = (one for one in given if one.customer == peer and one.at >= since)
        unsealings = (Unsealing(job=one.job, package=one.package, at=one.at, request=one.request) for one in rows)
        return encode(Unsealings(given=tuple(unsealings)))

    async def _show(self, peer: PeerId, payload: bytes) -> bytes:
        """The ciphertext of disputed work: from the customer that sealed it, or a winner that keeps it."""
        signed = decode(Signed, payload)
        request = decode(SealedRequest, verify(signed, FETCH_SEALED))
        if signed.author != peer:
            raise RefusedError("not-yours", "jurors ask for themselves")
        await self._check_juror(peer, request.job)
        try:
            path = await trio.to_thread.run_sync(self._vault.sealed, request.job, request.package)
        except UnknownError as error:
            raise RefusedError("unknown", "that package is not here") from error
        taken = partial(self._taken, request.job, request.package, peer)
        return encode(Parcel(content=await self._parcels.promise(path, peer, taken)))

    async def _check_juror(self, peer: PeerId, job: JobId, package: Digest | None = None) -> None:
        """Whether the ledger holds a dispute over the job with ``peer`` on its panel.

        Args:
            package: hash of the leaf whose key is asked for: it must be licensed to the maker of the disputed work,
                which a revoked licence was too, so that no customer revokes to keep jurors from looking.

        Raises:
            RefusedError: it does not.
        """

        def cases(chain: Reads) -> list[Disputed]:
            contracts = self._reads.contracts
            order = contracts.orders.order(chain, job)
            found = disputed_of(chain, contracts, job)
            if order is None or package is None:
                return list(found)
            return [one for one in found if licensed(chain, contracts, order, package, one.maker)]

        subject, account = await self._reads.subject(peer, Role.AUDITOR), await self._reads.registered(peer)
        disputed = await self._reads.ask(cases)
        state = State.DISPUTED if disputed else State.MAKING
        tie = Tie.PARTY if any(account in one.panel for one in disputed) else Tie.OTHER
        check(subject, Action.OPEN_SHARE, state=state, tie=tie)

    # The juror.

    async def recover(self, job: JobId, package: int) -> bytes:
        """The content of a package whose work is disputed, from a quorum of shares and a party's ciphertext.

        Raises:
            RequestError: the customer shared another key than it sealed.
            UnavailableError: too few holders answered, or nobody shows the ciphertext.
        """
        found: dict[Signed, dict[int, bytes]] = {}
        for auditor in await self._auditors():
            one = await self._ask_share(job, package, auditor.peer)
            if one is not None:
                statement, number, share = one
                shares = found.setdefault(statement, {})
                shares[number] = share
                if len(shares) >= decode(Escrow, statement.payload).threshold:
                    return await self._opened(statement, shares)
        most = max(map(len, found.values()), default=0)
        raise UnavailableError(f"{most} shares came, which is no quorum; ask again when more auditors answer")

    async def _opened(self, statement: Signed, shares: dict[int, bytes]) -> bytes:
        escrow = decode(Escrow, statement.payload)
        try:
            key = recovered(escrow, shares)
        except RejectError as error:
            raise RequestError("not-the-key", f"{error}; the statement and the shares prove it") from error
        asked = SealedRequest(job=escrow.job, package=escrow.leaf.index)
        request = encode(sign(self._identity.signing, FETCH_SEALED, encode(asked)))
        makers = await self._reads.ask(lambda chain: makers_of(chain, self._reads.contracts, escrow.job))
        for party in (statement.author, *makers):
            try:
                reply = await self._network.request(party, FETCH_SEALED, request, deadline=DEADLINE)
                path = self._vault.evidence(escrow.job, escrow.leaf.index)
                what = f"package {escrow.leaf.index} of {escrow.job.hex()[:8]}"
                await self._parcels.fetch(party, decode(Parcel, reply).content, path, what=what)
                return await trio.to_thread.run_sync(self._vault.open_evidence, escrow.job, key, escrow.leaf)
            except (FederationError, ProtocolError, UnavailableError) as error:
                log.info("no ciphertext from %s: %s", party.hex()[:8], error)
        raise UnavailableError("neither the customer nor a maker shows the package's ciphertext")

    async def _ask_share(self, job: JobId, package: int, holder: PeerId) -> tuple[Signed, int, bytes] | None:
        """A holder's share with its number and the customer's statement; our own without asking anybody."""
        if holder == self._identity.peer:
            held = await trio.to_thread.run_sync(self._vault.share, job, package)
            if held is None:
                return None
            return held.statement, decode(Escrow, held.statement.payload).holders.index(holder) + 1, held.share
        seed = self._reads.random(SEED_BYTES)
        asked = ShareRequest(job=job, package=package, key=public_half(seed))
        request = encode(sign(self._identity.signing, FETCH_SHARE, encode(asked)))
        try:
            given = decode(ShareGiven, await self._network.request(holder, FETCH_SHARE, request, deadline=DEADLINE))
            await self._check_statement(given.statement)
            escrow = decode(Escrow, given.statement.payload)
            if (escrow.job, escrow.leaf.index) != (job, package) or holder not in escrow.holders:
                raise RejectError("the share is of something else")
            number = escrow.holders.index(holder) + 1
            share = open_release(seed, given.released, context_of(escrow))
            check_share(escrow, number, share)
        except (FederationError, ProtocolError) as error:
            log.info("no share from %s: %s", holder.hex()[:8], error)
            return None
        return given.statement, number, share


def context_of(escrow: Escrow) -> ReleaseContext:
    """What a share that is given away is for."""
    return ReleaseContext(chain=escrow.chain, job=escrow.job, root=escrow.root, index=escrow.leaf.index)
