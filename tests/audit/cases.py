"""Every way of tampering that we know, each as a bundle with what its auditor trusts and what has to come out.

A case is forged as well as its forger can: whoever holds a key signs anew, and whoever controls the chain writes events
that no contract would emit. What has to come out stands in ``expected.json``; this is the one vector set of both
verifiers (``python -m tests.audit.make_vectors`` writes it as files for a third).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from ledger.bundle import Bundle, Federation, Step
from ledger.verdict import Trust
from protocol.auction import Reveal
from protocol.award import Assignment
from protocol.blocks import Voucher, vouch
from protocol.facts import StepFacts
from protocol.ids import Address, Digest, JobId, PeerId
from protocol.job import Weights
from protocol.record import FIELDS, Record, show
from protocol.replacement import Cause, Salvage
from protocol.result import Reply, Result
from protocol.signed import Signed, sign
from protocol.topics import AWARD, CALL, COMMITMENT, REPLY, ROLL
from protocol.transcript import Transcript, parts_of, transcript_of, write
from protocol.units import BasisPoints, Cents, UnixSeconds
from protocol.wire import decode, encode
from tests.auction.sealed import Bidder, bidder, roll_of
from tests.audit.world import GRINDER, SHOPS, START, Plan, World
from tests.unit.governance.examples import FEDERATION
from tests.unit.protocol.examples import CUSTOMER_SEED, offer, peer, seed


@dataclass(frozen=True, kw_only=True)
class Given:
    """What an auditor trusts, in plain values."""

    federation: Federation | None = FEDERATION
    blocks: Mapping[int, bytes] = field(default_factory=dict)
    signers: tuple[PeerId, ...] = ()
    quorum: int = 1

    @property
    def trust(self) -> Trust:
        return Trust(
            federation=self.federation,
            block_hash=self.blocks.get,
            signers=frozenset(self.signers),
            quorum=self.quorum,
            names=("the test",),
        )


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    content: bytes
    given: Given


Change = Callable[[Bundle], Bundle]
MILL, LATHE = SHOPS
OTHER = Digest(b"?" * 32)


@cache
def world(**changes: Any) -> World:
    return World(Plan(**changes))


def true(**changes: Any) -> tuple[Bundle, Given]:
    """A bundle that is what it says under a plan, and an auditor that follows its chain."""
    made = World(Plan(**changes))
    bundle = made.bundle
    return bundle, Given(blocks=known(made))


def known(made: World) -> dict[int, bytes]:
    """Every block of a world's chain."""
    blocks, number = {}, 0
    while (found := made.paper.hash(number)) is not None:
        blocks[number] = found
        number += 1
    return blocks


def cases() -> list[Case]:
    """All of them; names are unique."""
    honest, given = true()
    made = [
        *(_case(name, *true(**plan)) for name, plan in PLANS.items()),
        *(_case(name, change(honest), given) for name, change in CHANGES.items()),
        *(_case(name, honest, replace(given, **trusted(given))) for name, trusted in TRUSTED.items()),
    ]
    content = encode(honest)
    raw = {
        "a byte too much": content + b"\0",
        "a byte too few": content[:-1],
        "nothing": b"",
        "an array of nothing": b"\x90",
        "nested without end": b"\x91" * 100_000,
        "a number in a longer form": content.replace(b"\xcd\x1b\xcd", b"\xce\x00\x00\x1b\xcd", 1),
        "a byte of the design's root": _flip(content, honest.design.root),
        "a byte of a record": _flip(content, honest.parts[0].steps[0].logged.record.envelope),
        "a byte of a checkpoint": _flip(content, honest.notes[0]),
        "a byte of a trie node": _flip(content, honest.blocks[0].nodes[0]),
        "a byte of a header": _flip(content, honest.blocks[0].header),
        "a byte of the transcript": _flip(content, honest.auction),
    }
    return [*made, *(Case(name=name, content=bytes_, given=given) for name, bytes_ in raw.items())]


def _case(name: str, bundle: Bundle, given: Given) -> Case:
    return Case(name=name, content=encode(bundle), given=given)


def _flip(content: bytes, part: bytes) -> bytes:
    at = content.index(part) + len(part) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _steps(change: Callable[[tuple[Step, ...]], tuple[Step, ...]]) -> Change:
    return lambda bundle: _part(bundle, steps=change(bundle.parts[0].steps))


def _part(bundle: Bundle, **changes: Any) -> Bundle:
    return replace(bundle, parts=(replace(bundle.parts[0], **changes), *bundle.parts[1:]))


def _auction(**changes: Callable[[Transcript], Any]) -> Change:
    def changed(bundle: Bundle) -> Bundle:
        told = transcript_of(parts_of(bundle.auction))
        made = {name: change(told) for name, change in changes.items()}
        return replace(bundle, auction=write(replace(told, **made)))

    return changed


def _reframed(change: Callable[[list[bytes]], list[bytes]]) -> Change:
    """The transcript file with its frames in another arrangement, each as it was."""

    def changed(bundle: Bundle) -> Bundle:
        content = bundle.auction
        starts = [part.offset for part in parts_of(content)]
        frames = [content[a:b] for a, b in zip(starts, [*starts[1:], len(content)], strict=True)]
        return replace(bundle, auction=content[: starts[0]] + b"".join(change(frames)))

    return changed


def _record(number: int, change: Callable[[Record], Record]) -> Change:
    def forge(bundle: Bundle) -> Bundle:
        steps = list(bundle.parts[0].steps)
        logged = steps[number].logged
        steps[number] = replace(steps[number], logged=replace(logged, record=change(logged.record)))
        return _part(bundle, steps=tuple(steps))

    return forge


def _place(number: int, **changes: Any) -> Change:
    def forge(bundle: Bundle) -> Bundle:
        steps = list(bundle.parts[0].steps)
        steps[number] = replace(steps[number], **changes)
        return _part(bundle, steps=tuple(steps))

    return forge


def _logged(number: int, **changes: Any) -> Change:
    def forge(bundle: Bundle) -> Bundle:
        return _place(number, logged=replace(bundle.parts[0].steps[number].logged, **changes))(bundle)

    return forge


def _tell(operation_: int, **changes: Any) -> Callable[[StepFacts], StepFacts]:
    return lambda facts: replace(facts, **changes) if facts.operation == operation_ else facts


def _other_part(bundle: Bundle) -> Bundle:
    """The steps of part 2 under the name of part 1."""
    second = world(parts=(2,)).bundle.parts[0]
    return _part(bundle, steps=second.steps)


def _without(name: str) -> Callable[[Record], Record]:
    return lambda record: show(record, [field_ for field_ in FIELDS if field_ != name])


def _forged_measurement(record: Record) -> Record:
    """The measurements of another machine's word, with that word's salt."""
    other = world(tell=_better).bundle.parts[0].steps[2].logged.record
    (shown,) = show(other, ["measurements"]).disclosures
    return replace(record, disclosures=(*_without("measurements")(record).disclosures, shown))


def _better(facts: StepFacts) -> StepFacts:
    measured = tuple(replace(m, value=m.nominal) for m in facts.measurements)
    return replace(facts, measurements=measured)


def _worse(facts: StepFacts) -> StepFacts:
    measured = tuple(replace(m, value=m.upper + 1) for m in facts.measurements)
    return replace(facts, measurements=measured)


def _resigned_result(told: Transcript) -> Any:
    """The customer announces another price than the rule gives."""
    result = decode(Result, told.result.payload)
    assert result.award is not None
    cheaper = replace(result.award, price=Cents(result.award.price - 1))
    return sign(CUSTOMER_SEED, AWARD, encode(replace(result, award=cheaper)))


def _dropped_log(bundle: Bundle) -> Bundle:
    """The block of the first attestation is not shown at all."""
    return replace(bundle, blocks=(*bundle.blocks[:5], *bundle.blocks[6:]))


def _superfluous_node(bundle: Bundle) -> Bundle:
    last = bundle.blocks[-1]
    return replace(bundle, blocks=(*bundle.blocks[:-1], replace(last, nodes=(*last.nodes, bundle.blocks[0].nodes[0]))))


def _misnamed_slot(bundle: Bundle) -> Bundle:
    """A part's passport is looked for where none is kept; the proof that there is nothing holds."""
    last = bundle.blocks[-1]
    storage = tuple(
        replace(slots, slots=(bytes(32),)) if slots.account == bundle.federation.passports else slots
        for slots in last.storage
    )
    return replace(bundle, blocks=(*bundle.blocks[:-1], replace(last, storage=storage)))


def _swapped_slots(bundle: Bundle) -> Bundle:
    last = bundle.blocks[-1]
    storage = tuple(replace(slots, slots=tuple(reversed(slots.slots))) for slots in last.storage)
    return replace(bundle, blocks=(*bundle.blocks[:-1], replace(last, storage=storage)))


def _negative_position(bundle: Bundle) -> Bundle:
    first = bundle.blocks[0]
    logs = (replace(first.logs[0], positions=(-1,)), *first.logs[1:])
    return replace(bundle, blocks=(replace(first, logs=logs), *bundle.blocks[1:]))


def _another_voucher(**changes: Any) -> Change:
    """Both shops vouch for something else."""

    def forge(bundle: Bundle) -> Bundle:
        word = decode(Voucher, bundle.vouchers[0].payload)
        word = replace(word, **changes)
        return replace(bundle, vouchers=tuple(vouch(seed(name), word) for name in sorted(SHOPS, key=peer)))

    return forge


def _opened(one: Bidder) -> bytes:
    return encode(Reveal(bid=one.bid, salt=one.salt))


def _reply(told: Transcript, name: str, *, result: Digest | None = None, accepted: bool = True) -> Signed:
    outcome = decode(Result, told.result.payload)
    said = Reply(job=outcome.job, provider=peer(name), result=result or outcome.digest, accepted=accepted)
    return sign(seed(name), REPLY, encode(said))


THIEF = bidder("thief", offer(0, 1, 2, 500))
ELSEWHERES = bidder(min(SHOPS, key=peer), offer(0, 1, 2, 500), job=OTHER)
ELSEWHERE = replace(FEDERATION, orders=Address(b"x" * 20))


def _stood_in(**changes: Any) -> dict[str, Any]:
    return {"replaced": True, "replacement_changes": changes}


def _improved(**changes: Any) -> dict[str, Any]:
    return {"improved": True, "replacement_changes": changes}


def _other_terms(**changes: Any) -> dict[str, Any]:
    told = world(improved=True).replacements[0].improvement
    assert told is not None
    return _improved(improvement=replace(told, **changes))


def _later() -> Assignment:
    (told,) = world(improved=True).replacements
    return replace(told.assignment, start=UnixSeconds(told.assignment.start + 1))


def _for_nobody(bundle: Bundle) -> Bundle:
    (told,) = world(replaced=True).replacements
    return replace(bundle, replacements=(replace(told, index=9),))


PLANS: dict[str, dict[str, Any]] = {
    "the truth": {},
    "a lot of three": {"quantity": 3, "parts": (1, 2, 3)},
    "two parts of a lot": {"quantity": 4, "parts": (2, 4)},
    "one operation": {"operations": 1},
    "seven operations": {"operations": 7},
    "a bid that lost": {"call_changes": {"weights": Weights(hour=Cents(1), co2_tonne=Cents(20_000))}},
    "another federation": {"federation": ELSEWHERE},
    "another chain": {"federation": replace(FEDERATION, chain=1)},
    "a call for another chain": {"call_changes": {"chain": 1}},
    "a call for a chain below zero": {"call_changes": {"chain": -1}},
    "an event with a topic too few": {"topics": 2},
    "an event without topics": {"topics": 0},
    "a call for another order contract": {"call_changes": {"orders": Address(b"x" * 20)}},
    "a call under another rule pack": {"call_changes": {"rule_pack": OTHER}},
    "a budget beyond the rules": {"call_changes": {"budget": Cents(2_000_001)}},
    "premiums as the rules allow": {"operations": 1, "dear": 1_100, "call_changes": {"premium": BasisPoints(2_000)}},
    "a premium beyond the rules": {"call_changes": {"premium": BasisPoints(2_001)}},
    "carbon weighed below the rules": {"call_changes": {"weights": Weights(hour=Cents(1), co2_tonne=Cents(1))}},
    "too little time to reveal": {"call_changes": {"reveal_by": UnixSeconds(START - 19)}},
    "a foreign key signs the records": {"signing_machine": "stranger"},
    "another shop's machine signs the records": {"signing_machine": LATHE},
    "a certificate that had expired": {"certificate_ends": START + 3_700},
    "a licence that had expired": {"licence_expiry": START - 999},
    "a licence that was revoked before the work": {"licence_state": {"revoked": True}, "recorded": False},
    "a licence that was revoked after the work": {"licence_state": {"revoked": True}},
    "two parts with one serial": {"quantity": 3, "parts": (1, 2), "unit_of": lambda _: 1},
    "a licence that is overdrawn": {"licence_state": {"made": 3}},
    "a licence of somebody else in the state": {"licence_state": {"owner": b"z" * 20}},
    "a licence for more than was ordered": {"licence_units": 3},
    "a serial beyond the count": {"unit_of": lambda _: 3, "minted": (1, 3)},
    "a serial that was never minted": {"unit_of": lambda _: 2, "minted": (1, 1)},
    "a serial of unit zero": {"unit_of": lambda _: 0, "minted": (0, 2)},
    "a membership that had expired": {"membership_expiry": START - 999},
    "providers that are none": {"provider_roles": 2},
    "providers that had left": {"left": True},
    "registrations that were renewed after the work": {"renewed": True},
    "an exit that is left out": {"hidden_epochs": 1},
    "a forged checkpoint": {"forged_root": True},
    "fewer records anchored than logged": {"anchored_size": 1},
    "nobody witnesses the logs": {"witnesses": ()},
    "a log that was rewritten": {"rewritten": True},
    "a log that was rewritten, and nobody shows otherwise": {"rewritten": True, "grown": False, "witnesses": ()},
    "no consistency is shown, and only strangers witness": {"grown": False, "witnesses": ("stranger",)},
    "no state is shown": {"show_state": False},
    "out of tolerance": {"tell": _worse},
    "another job's record": {"tell": _tell(0, job=OTHER)},
    "another operation's record": {"tell": _tell(1, operation=0)},
    "another part's record": {"tell": _tell(1, part=2)},
    "another package was machined": {"tell": _tell(1, program=OTHER)},
    "a broken chain": {"tell": _tell(1, previous=OTHER)},
    "time that runs backwards": {"tell": _tell(1, started=UnixSeconds(START + 10**5))},
    "energy below zero": {"tell": _tell(1, energy=-1)},
    "another machine's name": {"tell": _tell(1, machine="n")},
    "a passport of another record": {"passport_head": OTHER},
    "a passport that is none": {"passport_head": Digest(bytes(32))},
    "whether there is a passport withheld": {"passport": False},
    "a maker that stood in": {"replaced": True},
    "a maker that stood in, and passed over itself": _stood_in(passed=(peer(GRINDER),)),
    "a maker that stood in, its costs made up": _stood_in(moving=1),
    "a maker that stood in, the parts given up": _stood_in(salvage=Salvage.RESTARTED),
    "a maker that stood in for another than it says": _stood_in(failed=peer(MILL)),
    "a maker that stood in for a second time at first": _stood_in(round=2),
    "a maker that stood in, in another job": _stood_in(job=OTHER),
    "a better maker": {"improved": True},
    "a better maker of the second of two operations": {"improved": True, "operations": 2},
    "a better maker that is none, the compensation paid": {"improved": True, "fresh_price": 902},
    "a better maker, found by another tender": _other_terms(transcript=OTHER),
    "a better maker, found by a tender of another name": _other_terms(tender=JobId(OTHER)),
    "a better maker, for more than was asked": _other_terms(compensation=Cents(101)),
    "a better maker, for nothing": _other_terms(compensation=Cents(0)),
    "a better maker, for all that there is": _other_terms(compensation=Cents(2**40)),
    "a better maker without tender": _improved(improvement=None),
    "a better maker, its tender withheld": {"improved": True, "tender_shown": False},
    "a better maker that was needed": _improved(cause=Cause.DECLINED),
    "a better maker that begins later": _improved(assignment=_later()),
    "a better maker, others passed over": _improved(passed=(peer(MILL),)),
    "a better maker, its costs made up": _improved(moving=1),
    "a better maker, the parts ready at another time": _improved(ready=UnixSeconds(START)),
    "a better maker for another": _improved(failed=peer(MILL)),
    "a better maker for a second time at first": _improved(round=2),
    "a better maker by a tender of another job": {"improved": True, "tender_changes": {"job": JobId(OTHER)}},
    "a better maker by a tender for more": {"improved": True, "tender_changes": {"budget": Cents(5_000)}},
    "a better maker by a tender for fewer parts": {"improved": True, "tender_changes": {"quantity": 1}},
    "a better maker by a tender with other weights": {
        "improved": True,
        "tender_changes": {"weights": Weights(hour=Cents(0), co2_tonne=Cents(0))},
    },
    "a maker that stood in, and the ledger names another": {"replaced": True, "named_changes": {"transcript": OTHER}},
}
"""What somebody with every key and the chain could write."""

CHANGES: dict[str, Change] = {
    "another format": lambda b: replace(b, format="guildmark/bundle/2"),
    "a tender for nothing": lambda b: replace(b, tenders=(b.auction,)),
    "a maker that never stood in": lambda b: replace(b, replacements=world(replaced=True).replacements),
    "a maker that stood in for nobody": _for_nobody,
    "no parts": lambda b: replace(b, parts=()),
    "a part twice": lambda b: replace(b, parts=b.parts * 2),
    "steps in another order": _steps(lambda steps: (steps[1], steps[0], steps[2])),
    "a missing step": _steps(lambda steps: steps[:1] + steps[2:]),
    "a missing last step": _steps(lambda steps: steps[:-1]),
    "a step too many": _steps(lambda steps: (*steps, steps[-1])),
    "no steps at all": _steps(lambda steps: ()),
    "the wrong part": _other_part,
    "another part's number": lambda b: _part(b, number=2),
    "a part beyond the order": lambda b: _part(b, number=3),
    "a unit below zero": lambda b: _part(b, unit=-1),
    "a step of another assignment": _place(0, assignment=1),
    "a step of no assignment": _place(0, assignment=7),
    "a step of an assignment before the first": _place(0, assignment=-3),
    "a step elsewhere in its tree": _place(0, index=1),
    "a step without proof": _place(0, proof=()),
    "a record elsewhere in its log": _logged(0, index=2),
    "a record without a place in its log": _logged(0, proof=()),
    "a record at a place below zero": _logged(0, index=-1),
    "a forged measurement": _record(2, _forged_measurement),
    "a measurement withheld": _record(2, _without("measurements")),
    "a part's number withheld": _record(0, _without("part")),
    "what nobody needs withheld": _record(0, lambda r: show(r, [f for f in FIELDS if f not in ("tools", "inputs")])),
    "a disclosure twice": _record(0, lambda r: replace(r, disclosures=(*r.disclosures, r.disclosures[0]))),
    "a disclosure that is none": _record(0, lambda r: replace(r, disclosures=("?",))),
    "an envelope that is none": _record(0, lambda r: replace(r, envelope=b"{}")),
    "a missing certificate": lambda b: replace(b, certificates=b.certificates[:1]),
    "a certificate twice": lambda b: replace(b, certificates=(b.certificates[0], *b.certificates)),
    "certificates in another order": lambda b: replace(b, certificates=tuple(reversed(b.certificates))),
    "a missing checkpoint": lambda b: replace(b, notes=b.notes[:-1]),
    "checkpoints in another order": lambda b: replace(b, notes=tuple(reversed(b.notes))),
    "a checkpoint without its log's signature": lambda b: replace(b, notes=(_unsigned(b.notes[0]), *b.notes[1:])),
    "a cosignature of another checkpoint": lambda b: replace(b, notes=(_grafted(b.notes), *b.notes[1:])),
    "a cosignature twice": lambda b: replace(b, notes=(_doubled(b.notes[0]), *b.notes[1:])),
    "a line that says nothing": lambda b: replace(b, notes=(b.notes[0] + "\u2014 x AAAA\n".encode(), *b.notes[1:])),
    "a consistency proof withheld": lambda b: replace(b, consistency=((),) * 3),
    "a consistency proof of another log": lambda b: replace(b, consistency=(b.consistency[1], *b.consistency[1:])),
    "a consistency proof that does not hold": lambda b: replace(b, consistency=((), (OTHER,), ())),
    "a consistency proof too few": lambda b: replace(b, consistency=b.consistency[:2]),
    "another rule pack": lambda b: replace(b, rules=replace(b.rules, fee=0)),
    "a rule below zero": lambda b: replace(b, rules=replace(b.rules, fee=-1)),
    "a chain below zero": lambda b: replace(b, federation=replace(b.federation, chain=-1)),
    "another root": lambda b: replace(b, design=replace(b.design, root=OTHER)),
    "another nonce": lambda b: replace(b, design=replace(b.design, nonce=OTHER)),
    "another package": lambda b: replace(b, design=replace(b.design, packages=(OTHER, *b.design.packages[1:]))),
    "a package too few": lambda b: replace(b, design=replace(b.design, packages=b.design.packages[:-1])),
    "another job's call": _auction(call=lambda _: world(quantity=3).auction.call),
    "a call signed by somebody else": _auction(call=lambda t: sign(seed(MILL), CALL, t.call.payload)),
    "a call whose signature does not hold": _auction(call=lambda t: replace(t.call, signature=bytes(64))),
    "a result of another price": _auction(result=_resigned_result),
    "a result signed by somebody else": _auction(result=lambda t: sign(seed(MILL), AWARD, t.result.payload)),
    "a bid left out": _auction(reveals=lambda t: t.reveals[:1]),
    "a commitment left out": _auction(commitments=lambda t: t.commitments[:1]),
    "a bid that nobody sealed": _auction(reveals=lambda t: (*t.reveals, _opened(THIEF))),
    "a bid of somebody else's job": _auction(reveals=lambda t: (_opened(ELSEWHERES), *t.reveals[1:])),
    "a commitment signed by somebody else": _auction(
        commitments=lambda t: (
            sign(seed("thief"), COMMITMENT, t.commitments[0].payload),
            *t.commitments[1:],
        )
    ),
    "a commitment that the roll leaves out": _auction(roll=lambda t: roll_of(world().call, t.commitments[:1])),
    "a roll signed by somebody else": _auction(roll=lambda t: sign(seed(MILL), ROLL, t.roll.payload)),
    "an acceptance of somebody who won nothing": _auction(replies=lambda t: (*t.replies, _reply(t, "thief"))),
    "an acceptance of another result": _auction(
        replies=lambda t: (*t.replies[1:], _reply(t, MILL, result=OTHER)),
    ),
    "an acceptance signed by somebody else": _auction(
        replies=lambda t: (*t.replies, sign(seed("thief"), REPLY, t.replies[0].payload))
    ),
    "a refusal that the result knows nothing of": _auction(
        replies=lambda t: (*t.replies, _reply(t, MILL, accepted=False))
    ),
    "acceptances withheld": _auction(replies=lambda _: ()),
    "bids in another order": _reframed(lambda f: [*f[:4], f[5], f[4], *f[6:]]),
    "commitments in another order": _reframed(lambda f: [f[0], f[2], f[1], *f[3:]]),
    "acceptances in another order": _reframed(lambda f: [*f[:6], f[7], f[6], f[8]]),
    "an acceptance twice": _reframed(lambda f: [*f[:7], *f[6:]]),
    "a bid twice": _reframed(lambda f: [*f[:5], *f[4:]]),
    "a transcript without its roll": _reframed(lambda f: [*f[:3], *f[4:]]),
    "a transcript with two results": _reframed(lambda f: [*f, f[-1]]),
    "a transcript of frames in another order": _reframed(lambda f: [*f[1:], f[0]]),
    "a transcript that is none": lambda b: replace(b, auction=b.auction[1:]),
    "a transcript that ends early": lambda b: replace(b, auction=b.auction[:-1]),
    "a missing attestation": _dropped_log,
    "no blocks": lambda b: replace(b, blocks=()),
    "blocks in another order": lambda b: replace(b, blocks=tuple(reversed(b.blocks))),
    "a block twice": lambda b: replace(b, blocks=(b.blocks[0], *b.blocks)),
    "a trie node too many": _superfluous_node,
    "a trie node too few": lambda b: replace(b, blocks=(replace(b.blocks[0], nodes=()), *b.blocks[1:])),
    "slots in another order": _swapped_slots,
    "a slot of another name": _misnamed_slot,
    "a log before the first": _negative_position,
    "another federation's name": lambda b: replace(b, federation=ELSEWHERE),
    "a voucher whose signature does not hold": lambda b: replace(
        b, vouchers=(replace(b.vouchers[0], signature=bytes(64)), *b.vouchers[1:])
    ),
    "vouchers in another order": lambda b: replace(b, vouchers=tuple(reversed(b.vouchers))),
    "no vouchers": lambda b: replace(b, vouchers=()),
    "vouchers for nothing": _another_voucher(blocks=()),
}
"""What somebody can do to a file, with the keys of customer and shops at most."""


def _reorged(given: Given) -> dict[str, Any]:
    """The chain that the auditor follows has another block where the last work was anchored."""
    return {"blocks": {**given.blocks, max(given.blocks) - 1: bytes(32)}}


def _unknown(given: Given) -> dict[str, Any]:
    return {"blocks": {number: found for number, found in given.blocks.items() if number != 3}}


def _signers(*names: str, quorum: int) -> Callable[[Given], dict[str, Any]]:
    return lambda _: {"blocks": {}, "signers": tuple(peer(name) for name in names), "quorum": quorum}


TRUSTED: dict[str, Callable[[Given], dict[str, Any]]] = {
    "a reorganised anchor": _reorged,
    "an unknown block": _unknown,
    "no block is known": lambda _: {"blocks": {}},
    "no federation is known": lambda _: {"federation": None},
    "two signers vouch": _signers(MILL, LATHE, quorum=2),
    "one of two signers vouches": _signers(MILL, "stranger", quorum=2),
    "a stranger is trusted": _signers("stranger", quorum=1),
    "a signer vouches for what is known otherwise": lambda given: {
        **_reorged(given),
        "signers": (peer(MILL),),
    },
}
"""What an auditor may know or not know about the chain."""


def _unsigned(note: bytes) -> bytes:
    lines = note.decode().split("\n")
    return "\n".join([*lines[:4], *lines[5:]]).encode()


def _grafted(notes: tuple[bytes, ...]) -> bytes:
    """The first checkpoint with a cosignature on the second."""
    first, second = (note.decode().split("\n") for note in notes[:2])
    return "\n".join([*first[:5], second[5], *first[6:]]).encode()


def _doubled(note: bytes) -> bytes:
    lines = note.decode().split("\n")
    return "\n".join([*lines[:6], lines[5], *lines[6:]]).encode()
