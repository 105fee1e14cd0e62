"""Packages of a design on their way to the winners: promised to one provider each, checked, and laid in its vault."""

import logging
from functools import partial

import trio

from federation.errors import FederationError, RefusedError
from federation.network import Network
from node.access.table import Action, Role
from node.config import ShopConfig
from node.errors import UnavailableError
from node.identity import Identity
from node.vault.vault import Vault
from node.workflows import posted
from node.workflows.answered import Answer, FetchPackage, PackageArrived, held
from node.workflows.equipment import profile_for
from node.workflows.issuing import Issuer
from node.workflows.ledger_reads import LedgerReads
from node.workflows.parcels import Parcels
from node.workflows.posted import Phase, Post, heads
from node.workflows.released import PackageReleased, PackageTaken
from node.workflows.runner import Happened, Runner
from node.workflows.thread import licence_of
from node.workflows.ties import check, state_at, winner_index, winner_tie
from protocol.errors import ProtocolError, RejectError
from protocol.ids import JobId, PeerId
from protocol.requests import PackageRequest
from protocol.seal import PackageDelivery, commitment_of
from protocol.signed import Signed, sign, verify
from protocol.topics import DELIVERY, FETCH_PACKAGE
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.exchange")

ANSWER_SECONDS = 30.0
"""For a customer to promise a package; it reads the whole once, to name it."""


class Deliveries:
    """Both ends of a delivery."""

    def __init__(
        self,
        *,
        network: Network,
        runner: Runner,
        identity: Identity,
        vault: Vault,
        reads: LedgerReads,
        parcels: Parcels,
        issuer: Issuer,
        shop: ShopConfig,
    ) -> None:
        self._network = network
        self._runner = runner
        self._identity = identity
        self._vault = vault
        self._reads = reads
        self._parcels = parcels
        self._issuer = issuer
        self._shop = shop

    def serve(self, nursery: trio.Nursery) -> None:
        """Answer winners, and have machine code made for them in ``nursery``."""
        self._issuer.open(nursery)
        self._network.serve(FETCH_PACKAGE, self._answer)

    async def fetch(self, stream: str, effect: FetchPackage) -> Happened | None:
        """Ask the customer for a package, fetch it, check that it is what was sealed, and lay it in the vault."""
        state = self._runner.state(stream)
        assert isinstance(state, Answer)  # noqa: S101  # only answers ask for packages
        if state.phase.terminal:
            return None
        call, operation = state.call, effect.operation
        key = await trio.to_thread.run_sync(self._vault.ask, call.job, operation)
        offers = (won.offer for won in held(state).values())
        machine = next(offer.machine for offer in offers if offer.first <= operation <= offer.last)
        profile = profile_for(self._shop, machine, call.part.material)
        asked = encode(PackageRequest(job=call.job, operation=operation, key=key, profile=profile))
        request = encode(sign(self._identity.signing, FETCH_PACKAGE, asked))
        arrival = self._vault.arrival(call.job, operation)
        try:
            reply = await self._network.request(call.customer, FETCH_PACKAGE, request, deadline=ANSWER_SECONDS)
            delivery = self._checked(reply, state)
            what = f"package {operation + 1} of {call.job.hex()[:8]}"
            await self._parcels.fetch(call.customer, delivery.parcel, arrival, what=what)
            await trio.to_thread.run_sync(self._vault.receive_arrived, call.chain, call.job, operation, delivery)
        except FederationError as error:
            raise UnavailableError(f"{FETCH_PACKAGE} at {call.customer.hex()[:8]}: {error}") from error
        except ProtocolError as error:
            raise UnavailableError(f"the customer's package is not usable: {error}") from error
        arrived = PackageArrived(operation=operation, leaf=delivery.leaf, code=delivery.code is not None)
        return Happened(key=effect.key, event=arrived)

    def _checked(self, reply: bytes, state: Answer) -> PackageDelivery:
        """The delivery that the customer signed, once it opens the commitment on the ledger."""
        signed = decode(Signed, reply)
        delivery = decode(PackageDelivery, verify(signed, DELIVERY))
        if signed.author != state.call.customer:
            raise RejectError("the package is not signed by the customer")
        opened = commitment_of(
            chain=state.call.chain,
            registry=self._reads.contracts.designs.address,
            owner=state.customer,
            root=delivery.root,
            nonce=delivery.nonce,
        )
        if opened != state.call.design:
            raise RejectError("the package belongs to another design than was sealed")
        return delivery

    async def _answer(self, peer: PeerId, payload: bytes) -> bytes:
        signed = decode(Signed, payload)
        request = decode(PackageRequest, verify(signed, FETCH_PACKAGE))
        state = self._runner.state(posted.stream_of(request.job))
        if not isinstance(state, Post) or state.phase is not Phase.MAKING or state.result is None:
            raise RefusedError("not-yet", "no award on the ledger yet")
        index = winner_index(state, request.operation)
        if index is None or peer != signed.author:
            raise RefusedError("not-yours", "that operation is not yours, or the request is another's")
        check(
            await self._reads.subject(peer, Role.PROVIDER),
            Action.TAKE_PACKAGE,
            state=state_at(state, request.operation),
            tie=winner_tie(state, request.operation, peer),
        )
        await self._check_licence(state, request.operation)
        try:
            heads(state, index)
        except RejectError as error:
            raise RefusedError("not-yet", "the work before it is not done yet") from error
        outcome = await self._issuer.outcome(state, request, peer)
        delivery = await self._promised(state, request, peer, outcome.package)
        released = PackageReleased(
            operation=request.operation,
            provider=peer,
            at=self._reads.wall(),
            request=signed,
            issued=outcome.issued,
            note=outcome.note,
        )
        stream = posted.stream_of(request.job)
        await self._runner.post(stream, f"released/{request.operation}/{signed.digest.hex()}", released)
        return encode(sign(self._identity.signing, DELIVERY, encode(delivery)))

    async def _check_licence(self, state: Post, operation: int) -> None:
        """Whether the ledger holds a licence for the operation that was not revoked.

        Raises:
            RefusedError: it does not.
        """
        licence = licence_of(state, self._reads.contracts, operation)
        standing = await self._reads.ask(lambda chain: self._reads.contracts.designs.standing(chain, licence))
        if state.revoked is not None or standing.revoked:
            raise RefusedError("revoked", "the licence was revoked")
        if not standing.units:
            raise RefusedError("not-yet", "no licence for it on the ledger yet")

    async def _promised(
        self, state: Post, request: PackageRequest, peer: PeerId, code: bytes | None
    ) -> PackageDelivery:
        """The delivery whose ciphertext ``peer`` may fetch from now on."""
        job, package = request.job, request.operation + 1
        path = await trio.to_thread.run_sync(self._vault.parcel, job, package, code)
        parcel = await self._parcels.promise(path, peer, partial(self.note_taken, job, package, peer))
        deliver = partial(
            self._vault.deliver, state.call.chain, job, package, recipient=request.key, parcel=parcel, code=code
        )
        return await trio.to_thread.run_sync(deliver)

    async def note_taken(self, job: JobId, package: int, peer: PeerId) -> None:
        """Log that ``peer`` begins to fetch a package of a design of ours; said again it is one event."""
        stream = posted.stream_of(job)
        if isinstance(self._runner.state(stream), Post):
            event = PackageTaken(package=package, peer=peer, at=self._reads.wall())
            await self._runner.post(stream, f"taken/{package}/{peer.hex()}", event)
