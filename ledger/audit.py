"""Verifies parts from their bundle: every check holds, is contradicted, or cannot be made, and says why.

Needs no network. What it trusts is given (``Trust``): the contracts' addresses, and block hashes or those who vouch for
them.
"""

from collections.abc import Callable
from functools import partial
from hashlib import sha256

from ledger import part_checks
from ledger.bundle import Part, open_bundle
from ledger.checks import JOB_QUESTIONS, check_chain, check_deployment, present
from ledger.errors import LedgerError
from ledger.facts import Facts, cite_block
from ledger.verdict import Check, GapError, Outcome, PartReport, Report, Trust
from protocol.errors import ProtocolError
from protocol.record import WithheldError

BROKEN = (ProtocolError, LedgerError, ValueError, LookupError, ArithmeticError)
"""What hostile evidence may lead to: our own refusals, and numbers and lengths that no computation takes."""

UNCHECKED = (
    "whether a machine, a sensor or an operator told the truth: a signature shows who said it",
    "what the machines did besides: their own chains of records run through other jobs",
    "whether the part at hand is the one that bears this serial: compare its mark",
    "whether the design is the one that you have in mind: packages are known by their hashes only",
)
"""What no bundle can show."""


def audit(content: bytes, trust: Trust) -> Report:
    """Verify the parts in the bundle file ``content``."""
    subject = sha256(content).hexdigest()
    try:
        facts = Facts(open_bundle(content))
        checks = [check_deployment(facts, trust), check_chain(facts, trust)]
        checks += [_ask(what, partial(question, facts)) for what, question in JOB_QUESTIONS]
        if trust.licence is not None and checks[0].outcome is Outcome.HOLDS:
            checks.append(_ask("present", partial(present, facts, trust.licence)))
        parts = tuple(_part(facts, part) for part in facts.bundle.parts)
    except BROKEN as error:
        broken = Check(what="bundle", outcome=Outcome.CONTRADICTED, text=f"the file is not what was exported: {error}")
        return Report(subject=subject, checks=(broken,), parts=(), trusted=_trusted(trust), unchecked=UNCHECKED)
    return Report(
        subject=subject,
        checks=tuple(checks),
        parts=parts,
        trusted=_trusted(trust),
        unchecked=(*UNCHECKED, f"what happened after {cite_block(facts.latest)}, the latest that the bundle shows"),
    )


def _part(facts: Facts, part: Part) -> PartReport:
    checks = [_ask("serial", partial(part_checks.serial, facts, part))]
    for number in range(max(len(facts.call.operations), len(part.steps))):
        question = partial(part_checks.step, facts, part, number)
        checks.append(_ask(part_checks.step_name(facts, number), question))
    checks.append(_ask("quality", partial(part_checks.quality, facts, part)))
    checks.append(_ask("passport", partial(part_checks.passport, facts, part)))
    try:
        serial = facts.serial(part).hex()
    except BROKEN:
        serial = ""
    return PartReport(serial=serial, number=part.number, checks=tuple(checks))


def _ask(what: str, question: Callable[[list[str]], str]) -> Check:
    evidence: list[str] = []
    try:
        outcome, text = Outcome.HOLDS, question(evidence)
    except (GapError, WithheldError) as gap:
        outcome, text = Outcome.NOT_CHECKABLE, str(gap)
    except BROKEN as error:
        outcome, text = Outcome.CONTRADICTED, str(error)
    return Check(what=what, outcome=outcome, text=text, evidence=tuple(evidence))


def _trusted(trust: Trust) -> tuple[str, ...]:
    if not trust.signers:
        return trust.names
    signers = ", ".join(sorted(signer.hex() for signer in trust.signers))
    return (*trust.names, f"blocks that at least {trust.quorum} of these signers vouch for: {signers}")
