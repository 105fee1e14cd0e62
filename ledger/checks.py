"""What an auditor asks about a whole job: chain, deployment, order, rules, design, award, makers, licences, anchors."""

from collections.abc import Callable

from ledger import designs, members, order_events, provenance
from ledger.errors import UnavailableError
from ledger.facts import Facts, cite_block, listed, must
from ledger.layout import LicenceWord, anchored_of, epoch_of, head_slot, licence_of, licence_slot, member_slot
from ledger.verdict import Check, GapError, Outcome, Trust
from protocol import merkle
from protocol.auction import Bid
from protocol.award import Assignment
from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.improvement import check_improvement
from protocol.job import Call
from protocol.membership import PROVIDER
from protocol.recheck import recheck
from protocol.replacement import Cause, Replacement, check_replacement, replaced
from protocol.rules import check_call
from protocol.seal import commitment_of, tree_size
from protocol.wire import encode

Question = Callable[[Facts, list[str]], str]
"""Answers in a sentence and adds to the evidence that it cites; raises when the answer is no or unknown."""


def check_deployment(facts: Facts, trust: Trust) -> Check:
    """Whether the evidence is about the federation that the auditor trusts."""
    named, known = facts.bundle.federation, trust.federation
    where = f"chain {named.chain}, orders 0x{named.orders.hex()}"
    if known is None:
        text = f"the evidence is about the federation on {where}; give its deployment if you trust it"
        return Check(what="deployment", outcome=Outcome.NOT_CHECKABLE, text=text)
    if named != known:
        ours = f"chain {known.chain}, orders 0x{known.orders.hex()}"
        text = f"foreign: the evidence is about the federation on {where}, and you trust the one on {ours}"
        return Check(what="deployment", outcome=Outcome.NOT_CHECKABLE, text=text)
    return Check(what="deployment", outcome=Outcome.HOLDS, text=f"the federation on {where}")


def check_chain(facts: Facts, trust: Trust) -> Check:
    """Whether every proven block is the chain's, as far as the auditor knows or believes trusted signers."""
    chain = facts.bundle.federation.chain
    if trust.federation is not None and trust.federation.chain != chain:
        text = f"your blocks are of chain {trust.federation.chain}, not of {chain}"
        return Check(what="chain", outcome=Outcome.NOT_CHECKABLE, text=text)
    unknown: list[int] = []
    evidence: list[str] = []
    for block in facts.blocks:
        number, found = block.header.number, block.header.hash
        try:
            known = trust.block_hash(number)
        except UnavailableError as error:
            text = f"the chain cannot be asked: {error}"
            return Check(what="chain", outcome=Outcome.NOT_CHECKABLE, text=text, evidence=tuple(evidence))
        if known is not None and known != found:
            text = f"block {number} is 0x{known.hex()[:12]} on the chain, 0x{found.hex()[:12]} in the bundle"
            return Check(what="chain", outcome=Outcome.CONTRADICTED, text=text, evidence=tuple(evidence))
        signers = len(facts.vouching(block) & trust.signers)
        if known is not None:
            evidence.append(f"{cite_block(block)} is known")
        elif trust.signers and signers >= trust.quorum:
            evidence.append(f"{cite_block(block)} is vouched for by {signers} trusted signers")
        else:
            unknown.append(number)
    if unknown:
        text = f"{len(unknown)} of {len(facts.blocks)} blocks are not known here ({_ranges(unknown)})"
        return Check(what="chain", outcome=Outcome.NOT_CHECKABLE, text=text, evidence=tuple(evidence))
    logs = sum(len(block.logs) for block in facts.blocks)
    text = f"{logs} events proven into {len(facts.blocks)} blocks of the chain"
    return Check(what="chain", outcome=Outcome.HOLDS, text=text, evidence=tuple(evidence))


def _ranges(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:8])
    return shown if len(numbers) <= 8 else f"{shown} and {len(numbers) - 8} more"


def _order(facts: Facts, evidence: list[str]) -> str:
    call, named = facts.call, facts.bundle.federation
    order = facts.one(order_events.Opened, "an opened order")
    evidence += facts.cite(order)
    must(call.chain == named.chain, "the call is for another chain")
    must(call.orders == named.orders, "the call is for another order contract")
    must(facts.auction.call.author == call.customer, "the call is not signed by its customer")
    must(order.job == call.job, "the order is another job's")
    must(order.customer == facts.account(call.customer), "the order is not the customer's")
    must(order.call == merkle.leaf_hash(facts.auction.call.payload), "the call is not the one that was ordered")
    must(order.design == call.design, "the order is for another design")
    return f"order {call.job.hex()[:12]} of 0x{order.customer.hex()[:8]}, escrow {order.budget} cents"


def _rules(facts: Facts, evidence: list[str]) -> str:
    call, rules = facts.call, facts.bundle.rules
    order = facts.one(order_events.Opened, "an opened order")
    evidence += [f"rule pack {rules.digest.hex()[:12]}", *facts.cite(order)]
    must(order.pack == rules.digest, "the order was opened under other rules")
    # When bidders heard the call nobody can prove, so the time left for commitments is theirs to judge.
    check_call(call, rules, opened=call.commit_by - rules.min_commit)
    return f"rule pack {rules.version} ({rules.digest.hex()[:12]}); budget, deadlines and carbon price keep to it"


def _design(facts: Facts, evidence: list[str]) -> str:
    call, design = facts.call, facts.bundle.design
    owner = facts.account(call.customer)
    registry = facts.bundle.federation.designs
    opened = commitment_of(chain=call.chain, registry=registry, owner=owner, root=design.root, nonce=design.nonce)
    must(opened == call.design, "the design's root does not open its commitment")
    must(merkle.root_of_hashes(design.packages) == design.root, "the packages are not those that were sealed")
    must(len(design.packages) == tree_size(len(call.operations) + 1), "there is not one package for each operation")
    seal = facts.one(designs.Sealed, "a sealed design")
    order = facts.one(order_events.Opened, "an opened order")
    evidence += facts.cite(seal, order)
    must((seal.owner, seal.commitment) == (owner, call.design), "another design was sealed")
    sealed, ordered = facts.number_of(seal), facts.number_of(order)
    must(sealed <= ordered, "the design was sealed after the order")
    return f"commitment {call.design.hex()[:12]} sealed in block {sealed}"


def _award(facts: Facts, evidence: list[str]) -> str:
    call, found = facts.call, recheck(facts.bundle.auction)
    evidence.append(f"transcript {found.root.hex()[:12]}")
    award = found.result.award
    if award is None:
        raise RejectError("the auction ended without award")
    awarded = facts.one(order_events.Awarded, "an award on the ledger")
    count = len(award.assignments)
    assigned = sorted(facts.all(order_events.Assigned)[:count], key=lambda event: event.index)
    evidence += facts.cite(awarded, *assigned)
    must((awarded.job, awarded.transcript) == (call.job, found.root), "the ledger holds another transcript")
    must([event.index for event in assigned] == list(range(count)), "assignments are missing")
    for event, assignment in zip(assigned, award.assignments, strict=True):
        _named(facts, event, assignment)
    _replaced(facts, found.opened.bids, facts.all(order_events.Assigned)[count:], evidence)
    said = f"{len(found.accepted)} of {len(found.result.winners)} winners accepted"
    bids, anew = len(facts.auction.reveals), len(facts.bundle.replacements)
    stood_in = f"; {anew} replaced by the next best bid" if anew else ""
    return f"recomputed from {bids} bids: {award.price} cents over {count} assignments, {said}{stood_in}"


def _named(facts: Facts, event: order_events.Assigned, assignment: Assignment) -> None:
    must(event.job == facts.call.job, "an assignment is another job's")
    must(event.provider == facts.account(assignment.provider), f"assignment {event.index + 1} went to somebody else")
    must(event.price == assignment.price, f"assignment {event.index + 1} has another price")


def _replaced(
    facts: Facts, bids: tuple[Bid, ...], assigned: tuple[order_events.Assigned, ...], evidence: list[str]
) -> None:
    """Whether everybody who stood in was the best of those who were left, and the ledger named just these."""
    told, events = facts.bundle.replacements, facts.all(order_events.Reawarded)
    must(len(told) == len(events) == len(assigned), "replacements are missing, or were never named")
    assert facts.result.award is not None  # noqa: S101  # asked once there is one
    current, tenders = facts.result.award.assignments, iter(facts.bundle.tenders)
    improvements = sum(one.cause is Cause.IMPROVED for one in told)
    must(len(facts.bundle.tenders) == improvements, "a tender is missing, or about nothing")
    for number, (one, event, winner) in enumerate(zip(told, events, assigned, strict=True)):
        evidence += facts.cite(event, winner)
        hashed = Digest(merkle.leaf_hash(encode(one)))
        must(
            (event.job, event.index, event.transcript) == (one.job, one.index, hashed), "another replacement was named"
        )
        must(winner.index == one.index, "the replacement is of another assignment")
        earlier = [other.failed for other in told[:number] if other.index == one.index]
        must(one.round == len(earlier) + 1, "a replacement is missing")
        if one.cause is Cause.IMPROVED:
            _improved(facts.call, one, current, next(tenders))
        else:
            check_replacement(one, call=facts.call, bids=bids, assignments=current, earlier=earlier)
        _named(facts, winner, one.assignment)
        current = replaced(current, (one,))


def _improved(call: Call, one: Replacement, current: tuple[Assignment, ...], tender: bytes) -> None:
    """Whether an assignment changed hands by its tender alone, and to the order's gain.

    That the old maker was paid is for itself to see to: it gives up by its own transaction, once it holds its money.
    """
    found = recheck(tender)
    if found.result.award is None:
        raise RejectError("the tender ended without award")
    must(found.result.award.transcript == found.root, "the tender's award names another transcript")
    check_improvement(one, call=call, tender=found.call, award=found.result.award, assignments=current)


def _makers(facts: Facts, evidence: list[str]) -> str:
    makers = {facts.maker(operation.index): facts.done(operation.index) for operation in facts.call.operations}
    for peer, done in sorted(makers.items()):
        known = [e for e in facts.all(members.Registered) if e.peer == peer and facts.number_of(e) <= done.number]
        name = f"peer {peer.hex()[:8]}"
        if not known:
            raise RejectError(f"no registration of {name} before its work is proven")
        evidence += facts.cite(known[-1])
        must(known[-1].roles & PROVIDER, f"{name} is registered, but not as a provider")
        must(done.timestamp <= known[-1].expiry, f"the registration of {name} had expired when the work was attested")
        ended = [e for e in facts.all(members.Revoked) if e.account == known[-1].account and e.epoch > known[-1].epoch]
        must(all(facts.number_of(e) > done.number for e in ended), f"{name} had left when the work was attested")
        _nothing_hidden(facts, known[-1])
    return f"{len(makers)} registered providers, of whom nothing is left out"


def _nothing_hidden(facts: Facts, since: members.Registered) -> None:
    """Epochs rise by one, so those after a registration show whether all that followed it is in the bundle."""
    place = (facts.bundle.federation.members, member_slot(since.account))
    word, name = facts.latest.storage.get(place), f"peer {since.peer.hex()[:8]}"
    if word is None:
        raise GapError(f"the bundle does not prove how often {name} has registered")
    told: list[members.Registered | members.Revoked] = [*facts.all(members.Registered), *facts.all(members.Revoked)]
    shown = sorted(e.epoch for e in told if e.account == since.account and e.epoch >= since.epoch)
    must(shown == [*range(since.epoch, epoch_of(word) + 1)], f"what {name} registered or ended since is left out")


def _licences(facts: Facts, evidence: list[str]) -> str:
    call = facts.call
    for operation in range(len(call.operations)):
        grant = facts.licensed(operation)
        evidence += facts.cite(grant)
        name = f"operation {operation + 1}'s licence"
        must(grant.owner == facts.account(call.customer), f"{name} was not given by the customer")
        must(grant.licensee == facts.account(facts.maker(operation)), f"{name} is another's")
        must(grant.units == call.quantity, f"{name} is for another count than was ordered")
        must(facts.done(operation).timestamp <= grant.expiry, f"{name} had expired when the work was attested")
    return f"{len(call.operations)} licences of {call.quantity} units each, none expired"


def _standing(facts: Facts, evidence: list[str]) -> str:
    """What the licences became after they were granted: a state proof shows that nothing was left out."""
    latest, designs_at = facts.latest, facts.bundle.federation.designs
    evidence.append(f"state after {cite_block(latest)}")
    for operation in range(len(facts.call.operations)):
        grant = facts.licensed(operation)
        word = latest.storage.get((designs_at, licence_slot(grant.licence)))
        if word is None:
            raise GapError(f"the bundle does not prove the state of operation {operation + 1}'s licence")
        _stands(facts, operation, licence_of(word))
    return f"no licence was revoked before its work or overdrawn, as of block {latest.header.number}"


def present(facts: Facts, now: Callable[[Digest], LicenceWord], evidence: list[str]) -> str:
    """Whether the licences still stand on the live chain."""
    try:
        for operation in range(len(facts.call.operations)):
            licence = facts.licensed(operation).licence
            _stands(facts, operation, now(licence))
            evidence.append(f"licence {licence.hex()[:12]} on the chain now")
    except UnavailableError as error:
        raise GapError(f"the chain cannot be asked: {error}") from error
    return "no licence was revoked before its work, or is overdrawn"


def _stands(facts: Facts, operation: int, state: LicenceWord) -> None:
    grant, name = facts.licensed(operation), f"operation {operation + 1}'s licence"
    must((state.owner, state.units) == (grant.owner, grant.units), f"{name} is another one in the state")
    # The contract records nothing under a revoked licence: what it recorded, it recorded before.
    recorded = any(event.licence == grant.licence for event in facts.all(designs.Recorded))
    must(not state.revoked or recorded, f"{name} is revoked, and nothing was recorded under it before")
    must(state.made <= state.units, f"{name} counts {state.made} units of {state.units}")


def _anchors(facts: Facts, evidence: list[str]) -> str:
    told = []
    for index, assignment in enumerate(facts.assignments):
        account, note = facts.account(assignment.provider), facts.note(index)
        attested = facts.attested(index)
        must(attested.provider == account, f"assignment {index + 1} was attested by somebody else")
        wanted = (account, note.checkpoint.root)
        anchors = [e for e in facts.all(provenance.Anchored) if (e.publisher, e.root) == wanted]
        must(anchors, f"the log of assignment {index + 1} is not anchored")
        evidence += facts.cite(attested, *anchors)
        witnesses = [cosigned.witness for cosigned in note.cosignatures if facts.knows(cosigned.witness)]
        evidence += [f"log of {assignment.provider.hex()[:8]} cosigned by {peer.hex()[:8]}" for peer in witnesses]
        told.append(f"{note.checkpoint.size} entries ({len(witnesses)} witnesses)")
    for index, assignment in enumerate(facts.assignments):
        place = head_slot(facts.account(assignment.provider))
        word = facts.latest.storage.get((facts.bundle.federation.provenance, place))
        name = f"the provider of assignment {index + 1}"
        if word is None:
            raise GapError(f"the bundle does not prove how many records {name} has anchored")
        total = anchored_of(word)
        must(total >= facts.note(index).checkpoint.size, f"{name} has anchored {total} records, fewer than it logged")
    return f"anchored logs of {listed(told)}"


def _logs(facts: Facts, evidence: list[str]) -> str:
    """Whether each log only grew between its checkpoints: by proof, or by the word of a witness of both."""
    proofs, gaps = facts.bundle.consistency, []
    must(len(proofs) == len(facts.notes), "there is not one consistency proof for each checkpoint")
    before = facts.earlier_notes()
    for index, (note, proof) in enumerate(zip(facts.notes, proofs, strict=True)):
        old, new = before[index], note.checkpoint
        name = f"the log of {new.provider.hex()[:8]} at {new.size} entries"
        if old is None:
            must(not proof, f"{name} needs no consistency proof")
            continue
        both = {c.witness for c in old.cosignatures} & {c.witness for c in note.cosignatures}
        witnesses = [witness for witness in both if facts.knows(witness)]
        if proof or old.checkpoint.size == new.size:
            merkle.verify_consistency(old.checkpoint.size, old.checkpoint.root, new.size, new.root, proof)
            evidence.append(f"{name} begins with the {old.checkpoint.size} of before")
        elif witnesses:
            evidence.append(f"{name} is cosigned by {witnesses[0].hex()[:8]}, as it was at {old.checkpoint.size}")
        else:
            gaps.append(f"nobody shows that {name} begins with the {old.checkpoint.size} of before")
    if gaps:
        raise GapError(gaps[0])
    return f"{len(facts.notes)} checkpoints of {before.count(None)} logs, which only grew"


JOB_QUESTIONS: tuple[tuple[str, Question], ...] = (
    ("order", _order),
    ("rules", _rules),
    ("design", _design),
    ("award", _award),
    ("makers", _makers),
    ("licences", _licences),
    ("standing", _standing),
    ("anchors", _anchors),
    ("logs", _logs),
)
"""In the order of the report."""
