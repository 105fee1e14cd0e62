"""Workflows of several nodes played on the real contracts: what they submit is mined, what the ledger says is heard.

Gossip reaches everybody at once, and time passes only when a test says so. A node that is ``down`` hears and does
nothing; what it was owed comes when it is up again.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ledger.errors import RevertedError
from ledger.types import Transaction
from node.design.reading import Options
from node.workflows import answer_job, post_job, watch_auction
from node.workflows.answered import Answer, BidComputed, CallHeard, Confirm, Confirmed, ResultArrived
from node.workflows.asked import (
    AskSubstitute,
    FetchReplacement,
    ReplacementArrived,
    SubstituteAnswered,
    SubstituteTaken,
)
from node.workflows.events import Announce, Mined, OperationAssigned, RollArrived, Submit, WakeAt, Woke
from node.workflows.ledger_events import translate
from node.workflows.posted import CommitmentArrived, JobPosted, Post, ReplyArrived, RevealArrived
from node.workflows.replacing import transcript_of
from node.workflows.runner import Workflow
from node.workflows.setbacks import SetbackTold, TellSetback
from node.workflows.substitutes import check_question, check_setback
from node.workflows.tendered import AskPrice, AskToGiveUp, OpenTender, SurrenderAgreed, SurrenderAnswered, TenderEnded
from node.workflows.watch_auction import CommitmentNoted, ResultNoted, RevealNoted, Watch
from protocol.auction import Bid, Commitment, Reveal
from protocol.award import Award, award
from protocol.ids import Address, Digest, PeerId
from protocol.improvement import tender_of
from protocol.job import Call
from protocol.membership import PROVIDER
from protocol.replacement import Replacement
from protocol.requests import Setback, StandInRequest
from protocol.rules import RulePack
from protocol.seal import PackageLeaf, commitment_of, seal_design, seal_package
from protocol.signed import Signed, sign
from protocol.topics import AWARD, CALL, COMMITMENT, REPLACEMENT, REPLY, REVEAL, ROLL
from protocol.units import BasisPoints, Cents, Seconds, UnixSeconds
from protocol.wire import decode, encode
from tests.auction.sealed import Bidder, small_call
from tests.contracts.federation import CUSTOMER, DEPLOYER, OTHER_SHOP, Scene, join
from tests.unit.protocol.examples import CUSTOMER_SEED

TERM = 1_000_000
SLACK = 3600
LATE = BasisPoints(1_000)
"""A tenth of the price for a day."""

PURSE = 10_000
"""Cents that everybody has at hand, beside its bond as a member."""

LEAVES: tuple[PackageLeaf, ...] = tuple(
    seal_package(b"m" * 32, index, [content], lambda _chunk: None)
    for index, content in enumerate((b"design", b"first", b"second", b"third"))
)
SEALED = seal_design(b"m" * 32, LEAVES)
UNEXPLAINED: dict[str, Any] = {"refusals": (), "bases": ()}


@dataclass
class Actor:
    """One workflow of one node."""

    workflow: Workflow
    account: Address
    seed: bytes
    state: Any = None
    heard: list[Any] = field(default_factory=list)
    effects: list[Any] = field(default_factory=list)
    wakes: dict[str, int] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    down: bool = False
    busy: bool = False
    """Stands in for nobody."""

    missed: list[Any] = field(default_factory=list)
    deaf_to: type | None = None
    """The event that it goes down before."""


class Stage:
    """One job among nodes; ``customer``, ``shops`` and ``witness`` are its workflows."""

    def __init__(self, scene: Scene, some: tuple[Bidder, ...], pack: RulePack, **changes: Any) -> None:
        """A stage for a job whose call is the small one with ``changes``."""
        self.scene = scene
        self.bidders = {bidder.bid.provider: bidder for bidder in some}
        contracts, now = scene.contracts, scene.evm.now
        design = commitment_of(
            chain=contracts.chain_id,
            registry=contracts.designs.address,
            owner=CUSTOMER,
            root=SEALED.root,
            nonce=SEALED.nonce,
        )
        self.call: Call = small_call(
            chain=contracts.chain_id,
            orders=contracts.orders.address,
            rule_pack=pack.digest,
            design=design,
            commit_by=UnixSeconds(now + 20),
            reveal_by=UnixSeconds(now + 40),
            budget=Cents(100_000),
            **changes,
        )
        self.signed = sign(CUSTOMER_SEED, CALL, encode(self.call))
        self.deadline = UnixSeconds(now + TERM)
        self.pack = pack
        self.wanted: Cents | None = Cents(2_00)
        """For which a maker gives its work up."""

        self.rivals: tuple[Bid, ...] = ()
        """Bids for a tender."""

        self.hold = False
        """Whether tenders stay open until ``release_tender``."""

        self._held: list[OpenTender] = []
        self._queue: deque[tuple[Actor, Any]] = deque()
        self.customer = Actor(post_job.workflow(contracts), CUSTOMER, CUSTOMER_SEED)
        self.witness = Actor(watch_auction.workflow(contracts), OTHER_SHOP, b"w" * 32)
        self.shops: dict[bytes, Actor] = {}
        for bidder in some:
            account = Address(bidder.bid.provider[:20])
            self._enrol(account)
            self.shops[bidder.bid.provider] = Actor(answer_job.workflow(contracts, account), account, bidder.seed)

    def _enrol(self, account: Address) -> None:
        contracts = self.scene.contracts
        join(self.scene, account, PROVIDER)
        self.scene.evm.send(DEPLOYER, contracts.token.transfer(account, Cents(PURSE)))

    def shop(self, bidder: Bidder) -> Actor:
        return self.shops[bidder.bid.provider]

    @property
    def actors(self) -> tuple[Actor, ...]:
        return (self.customer, *self.shops.values(), self.witness)

    @property
    def post(self) -> Post:
        assert isinstance(self.customer.state, Post)
        return self.customer.state

    def answer(self, bidder: Bidder) -> Answer:
        state = self.shop(bidder).state
        assert isinstance(state, Answer)
        return state

    @property
    def watch(self) -> Watch:
        assert isinstance(self.witness.state, Watch)
        return self.witness.state

    def begin(self) -> None:
        """Post the job; everybody hears the call and bids."""
        posted = JobPosted(
            title="part",
            owner=CUSTOMER,
            call=self.signed,
            sealed=SEALED,
            reading=Options(),
            deadline=self.deadline,
            min_commit=1,
            expected=(),
            notes=(),
            bond=self.pack.bid_bond,
            review=Seconds(self.pack.review),
            late=LATE,
            due=self.call.due,
            slack=Seconds(SLACK),
        )
        self.tell(self.customer, posted)
        heard = CallHeard(
            call=self.signed,
            customer=CUSTOMER,
            deadline=self.deadline,
            review=Seconds(self.pack.review),
            bond=self.pack.bid_bond,
        )
        for actor in (*self.shops.values(), self.witness):
            self.tell(actor, heard)
        for peer, actor in self.shops.items():
            bidder = self.bidders[peer]
            self.tell(actor, BidComputed(bid=bidder.bid, salt=bidder.salt, **UNEXPLAINED))

    def tell(self, actor: Actor, event: Any) -> None:
        """Tell one workflow, and let everything that follows from it happen."""
        self._queue.append((actor, event))
        while self._queue:
            self._hear(*self._queue.popleft())

    def pass_until(self, moment: int) -> None:
        """Let time pass; whoever asked to be woken is, in order."""
        while due := sorted(
            (at, key, n) for n, a in enumerate(self.actors) for key, at in a.wakes.items() if at <= moment
        ):
            at, key, number = due[0]
            actor = self.actors[number]
            del actor.wakes[key]
            self.scene.evm.wait_until(max(at, self.scene.evm.now))
            self.tell(actor, Woke(what=key))
        self.scene.evm.wait_until(max(moment, self.scene.evm.now))

    def vanish_when_named(self, bidder: Bidder) -> None:
        """Let a winner go down just before it hears of its award."""
        self.shop(bidder).deaf_to = OperationAssigned

    def come_back(self, actor: Actor) -> None:
        """A node that was down hears all that it missed."""
        actor.down = False
        missed, actor.missed = actor.missed, []
        for event in missed:
            self.tell(actor, event)

    def take(self, bidder: Bidder, told: Replacement) -> None:
        """Have a shop asked to stand in, and agree."""
        signed = sign(CUSTOMER_SEED, REPLACEMENT, encode(told))
        until = UnixSeconds(self.scene.evm.now + 120)
        self.tell(self.shop(bidder), SubstituteTaken(replacement=signed, until=until))

    def release_tender(self) -> None:
        """Let the tender end that is open."""
        self.tell(self.customer, self._tender(self._held.pop()))

    def reveal_of(self, bidder: Bidder) -> Reveal:
        """What a bidder showed."""
        return Reveal(bid=bidder.bid, salt=bidder.salt)

    def check_logs(self) -> None:
        """Whether every node that is killed now stands where it stood once it has read its log again."""
        for actor in self.actors:
            refold(actor.workflow, actor.heard, actor.state, actor.effects)

    def gossip_commitment(self, bidder: Bidder) -> None:
        """Let a stranger's commitment be heard."""
        self._gossip(COMMITMENT, bidder.commitment)
        while self._queue:
            self._hear(*self._queue.popleft())

    def send(self, account: Address, *transactions: Transaction) -> str:
        """Mine transactions of ``account``; all hear what the ledger says. The name of a refusal, or nothing."""
        refusal = ""
        for transaction in transactions:
            refusal = self._mine(account, transaction) or refusal
        while self._queue:
            self._hear(*self._queue.popleft())
        return refusal

    def _hear(self, actor: Actor, event: Any) -> None:
        if actor.deaf_to is not None and isinstance(event, actor.deaf_to):
            actor.down = True
        if actor.down:
            actor.missed.append(event)
            return
        actor.heard.append(event)
        actor.state, effects = actor.workflow.transition(actor.state, event)
        for effect in effects:
            key = f"{type(effect).__name__}/{effect.key}"
            if key not in actor.said:
                actor.said.add(key)
                actor.effects.append(effect)
                self._perform(actor, effect)

    def _perform(self, actor: Actor, effect: Any) -> None:
        match effect:
            case Submit():
                for transaction in effect.transactions:
                    refusal = self._mine(actor.account, transaction)
                    self._queue.append((actor, Mined(effect=effect.key, gas=1, error=refusal)))
            case WakeAt():
                actor.wakes[effect.key] = effect.at
            case Announce():
                self._gossip(effect.topic, sign(actor.seed, effect.topic, effect.message))
            case Confirm():
                assert isinstance(actor.state, Answer)
                assert actor.state.result is not None
                self._queue.append((actor, Confirmed(result=actor.state.result.digest, accepted=True)))
            case AskSubstitute():
                self._stand_in(actor, effect)
            case FetchReplacement():
                for told in self.post.replacements:
                    if transcript_of(told) == effect.transcript:
                        signed = sign(self.customer.seed, REPLACEMENT, encode(told))
                        self._queue.append((actor, ReplacementArrived(replacement=signed)))
            case _:
                self._change(actor, effect)

    def _change(self, actor: Actor, effect: Any) -> None:
        match effect:
            case TellSetback():
                self._hear_setback(actor, decode(Setback, effect.message))
            case AskPrice():
                self._queue.append((actor, SurrenderAnswered(trial=effect.key, compensation=self.wanted)))
            case OpenTender() if self.hold:
                self._held.append(effect)
            case OpenTender():
                self._queue.append((actor, self._tender(effect)))
            case AskToGiveUp() if not self.shops[effect.provider].down:
                agreed = SurrenderAgreed(replacement=sign(actor.seed, REPLACEMENT, effect.message))
                self._queue.append((self.shops[effect.provider], agreed))

    def _hear_setback(self, actor: Actor, setback: Setback) -> None:
        peer = next(peer for peer, shop in self.shops.items() if shop is actor)
        check_setback(setback, PeerId(peer), self.post)
        self._queue.append((self.customer, SetbackTold(maker=PeerId(peer), setback=setback)))

    def _stand_in(self, actor: Actor, effect: AskSubstitute) -> None:
        shop, asked = self.shops[effect.provider], decode(Replacement, effect.message)
        if willing := not shop.down and not shop.busy:
            say = partial(sign, actor.seed, REPLACEMENT)
            earlier = tuple(say(encode(one)) for one in self.post.replacements)
            request = StandInRequest(replacement=say(effect.message), earlier=earlier)
            if asked.improvement is None:
                check_question(request, asked, shop.state, self.bidders[effect.provider].bid)
            until = UnixSeconds(self.scene.evm.now + 120)
            taken = SubstituteTaken(replacement=request.replacement, until=until, earlier=earlier)
            self._queue.append((shop, taken))
        self._queue.append((actor, SubstituteAnswered(replacement=asked.digest, accepted=willing)))

    def _tender(self, effect: OpenTender) -> TenderEnded:
        """How a tender among ``rivals`` ends; what its own auction looks like is not this stage's matter."""
        call, now = self.call, self.scene.evm.now
        times = replace(call, commit_by=UnixSeconds(now + 10), reveal_by=UnixSeconds(now + 20))
        tender = tender_of(call, self.post.awarded, effect.index, compensation=effect.compensation, times=times)
        bids = [replace(one, job=tender.job) for one in self.rivals]
        outcome = award(tender, bids, Digest(b"t" * 32))
        return TenderEnded(trial=effect.key, tender=tender, award=outcome if isinstance(outcome, Award) else None)

    def _mine(self, account: Address, transaction: Transaction) -> str:
        try:
            logs = self.scene.evm.send(account, transaction)
        except RevertedError as error:
            return error.name
        for log in logs:
            said = translate(log, self.scene.contracts, UnixSeconds(self.scene.evm.now))
            if said is not None and said[0] == self.call.job:
                known = (a for a in self.actors if a.state is not None and type(said[1]) in a.workflow.events)
                self._queue.extend((actor, said[1]) for actor in known)
        return ""

    def _gossip(self, topic: str, signed: Signed) -> None:
        shops = list(self.shops.values())
        heard: dict[str, list[tuple[list[Actor], Callable[[], Any]]]] = {
            COMMITMENT: [
                ([self.customer], lambda: CommitmentArrived(commitment=signed, account=_account(signed))),
                ([self.witness], lambda: CommitmentNoted(commitment=signed, at=UnixSeconds(self.scene.evm.now))),
            ],
            ROLL: [([*shops, self.witness], lambda: RollArrived(roll=signed))],
            REVEAL: [
                ([self.customer], lambda: RevealArrived(reveal=signed, bid=signed.payload)),
                ([self.witness], lambda: RevealNoted(reveal=signed, at=UnixSeconds(self.scene.evm.now))),
            ],
            AWARD: [
                (shops, lambda: ResultArrived(result=signed)),
                ([self.witness], lambda: ResultNoted(result=signed)),
            ],
            REPLY: [([self.customer], lambda: ReplyArrived(reply=signed))],
        }
        for actors, event in heard.get(topic, []):
            self._queue.extend((actor, event()) for actor in actors if actor.state is not None)


def refold(workflow: Workflow, heard: list[Any], state: Any, asked: list[Any]) -> None:
    """Fold the wire forms of ``heard``; the outcome and everything asked for must be the same."""
    again, effects = None, dict[str, Any]()
    for event in heard:
        assert type(event) in workflow.events, event
        again, more = workflow.transition(again, decode(type(event), encode(event)))
        for effect in more:
            assert decode(type(effect), encode(effect)) == effect
            effects.setdefault(f"{type(effect).__name__}/{effect.key}", effect)
    assert again == state
    assert list(effects.values()) == asked


def _account(signed: Signed) -> Address:
    return decode(Commitment, signed.payload).account
