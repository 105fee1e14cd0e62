"""The main job from one command: a real STEP file becomes verified parts, told live and summed up at the end."""

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devnet.federation import Federation, running
from devnet.money import Balance, balance_of
from node.faults import NodeUnreachableError

Document = dict[str, Any]

JOB_SECONDS = 300.0
"""A job that is not done by then has failed; the devnet's jobs take well under a minute."""


@dataclass(slots=True)
class Story:
    """Tells what happens, on standard error, with the time since the start and who it concerns."""

    started: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, who: str, text: str) -> None:
        """One line."""
        with self._lock:
            at = time.monotonic() - self.started
            print(f"{at:6.1f} s  {who:9} {text}", file=sys.stderr, flush=True)  # the demo's voice


def run(root: Path, part: Path, wishes: Document) -> Document:
    """Run the whole job in a fresh federation at ``root`` and return the summary."""
    story = Story()
    phases: dict[str, float] = {}
    with running(root, lambda text: story.tell("devnet", text)) as federation:
        phases["start"] = time.monotonic() - story.started
        before = balance_of(federation)
        job = _post_and_follow(federation, part, wishes, story)
        phases["job"] = time.monotonic() - story.started - phases["start"]
        audits = _audit(federation, job, root, story)
        phases["audit"] = time.monotonic() - story.started - phases["start"] - phases["job"]
        after = balance_of(federation, settled=True)
        gas = {name: _status(federation, name)["gas"] for name in federation.nodes}
    return _summary(job, before, after, gas, audits, phases)


def _post_and_follow(federation: Federation, part: Path, wishes: Document, story: Story) -> Document:
    with federation.client("customer") as client:
        document = client.post(part.name, part.read_bytes(), wishes)
        story.tell("customer", f"read {part.name} in a child process: {', '.join(document['operations'])}")
        for note in document["notes"]:
            story.tell("customer", note)
        job = str(document["job"])
        followers = [
            threading.Thread(target=_follow_provider, args=(federation, name, job, story), daemon=True)
            for name in federation.nodes
            if name not in ("customer", "auditor")
        ]
        for follower in followers:
            follower.start()
        deadline = time.monotonic() + JOB_SECONDS
        for event in client.events(job):
            if event["text"]:
                story.tell("customer", event["text"])
            if time.monotonic() > deadline:
                story.tell("devnet", f"the job is not done after {JOB_SECONDS:.0f} s; giving up")
                break
        for follower in followers:
            follower.join(timeout=JOB_SECONDS / 10)
        return client.job(job)


def _follow_provider(federation: Federation, name: str, job: str, story: Story) -> None:
    """Tell what one provider does about the job, from the moment it hears of it."""
    with federation.client(name) as client:
        deadline = time.monotonic() + JOB_SECONDS
        while not any(known["job"] == job for known in client.jobs()["jobs"]):
            if time.monotonic() > deadline:
                return
            time.sleep(0.3)
        told = ("BidComputed", "BidDeclined", "PackageArrived", "PartMade")
        try:
            for event in client.events(job):
                if event["text"] and event["kind"] in told:
                    story.tell(name, event["text"])
        except NodeUnreachableError:
            return
        outcome = client.job(job)
        if outcome["phase"] == "lost":
            story.tell(name, outcome["reason"])


def _audit(federation: Federation, job: Document, root: Path, story: Story) -> Document:
    """Verify one part from the chain, from its bundle offline, and with one byte flipped."""
    from node.report import document_of
    from node.workflows.audit_file import Roots, audit_file

    if not job["parts"]:
        return {}
    serial = job["parts"][0]["serial"]
    with federation.client("auditor") as client:
        online = client.audit(serial)
        bundle = client.bundle(serial)
    story.tell("auditor", f"part {serial[:12]} from the chain: {online['verdict']} ({online['summary']})")
    path = root / f"{serial[:12]}.bundle"
    path.write_bytes(bundle)
    home = str(federation.layout.node("auditor").path)
    offline = document_of(audit_file(path, Roots(node=home)))
    story.tell("auditor", f"bundle of {len(bundle):,} bytes, offline: {offline['verdict']} ({offline['summary']})")
    flipped = bytearray(bundle)
    flipped[len(flipped) // 2] ^= 1
    broken = path.with_suffix(".flipped")
    broken.write_bytes(bytes(flipped))
    caught = document_of(audit_file(broken, Roots(node=home)))
    story.tell("auditor", f"the same with one bit flipped: {caught['verdict']} ({caught['summary']})")
    return {
        "serial": serial,
        "bundle": str(path),
        "online": online["verdict"],
        "offline": offline["verdict"],
        "flipped": caught["verdict"],
        "checks": [{"what": check["what"], "outcome": check["outcome"]} for check in online["checks"]],
    }


def _status(federation: Federation, name: str) -> Document:
    with federation.client(name) as client:
        return client.status()


def _summary(
    job: Document, before: Balance, after: Balance, gas: dict[str, int], audits: Document, phases: dict[str, float]
) -> Document:
    changes = {who: after.accounts[who] - before.accounts[who] for who in before.accounts}
    balanced = sum(changes.values()) == 0 and after.locked == 0
    verified = audits.get("online") == audits.get("offline") == "holds" and audits.get("flipped") == "contradicted"
    return {
        "job": job["job"],
        "title": job["title"],
        "phase": job["phase"],
        "reason": job["reason"],
        "part": job["part"],
        "quantity": job["quantity"],
        "parts": job["parts"],
        "assignments": job["assignments"],
        "bidders": job["bidders"],
        "money": {
            **job["money"],
            "changes_cents": changes,
            "locked_cents": after.locked,
            "balanced": balanced,
        },
        "gas": {"total": sum(gas.values()), "by_node": gas},
        "audit": audits,
        "seconds": {name: round(seconds, 1) for name, seconds in phases.items()},
        "ok": job["phase"] == "settled" and balanced and verified,
    }


def render(summary: Document) -> str:
    """The summary for people."""
    money = summary["money"]
    lines = [
        f"{summary['title']}: {len(summary['parts'])} of {summary['quantity']} parts made, {summary['phase']}",
        *([summary["reason"]] if summary["reason"] else []),
        "",
        "who won what",
        *(
            f"  {a['operation']:22} {a['provider']:8} {a['machine']:16} {a['price']:>13}"
            for a in summary["assignments"]
        ),
        "who bid, and how it went",
        *(f"  {b['provider']:22} {b['outcome']}" for b in summary["bidders"]),
        "parts",
        *(f"  {part['number']:3}  serial {part['serial']}" for part in summary["parts"]),
        "money, in cents of the settlement token",
        *(f"  {who:22} {change:>+13,}" for who, change in money["changes_cents"].items() if change),
        f"  {'sum (must be 0)':22} {sum(money['changes_cents'].values()):>+13,}",
        f"  {'still locked':22} {money['locked_cents']:>13,}",
        f"gas spent: {summary['gas']['total']:,}",
    ]
    if summary["audit"]:
        audit = summary["audit"]
        lines.append(
            f"audit of {audit['serial'][:12]}: from the chain {audit['online']}; "
            f"offline {audit['offline']}; with one bit flipped {audit['flipped']}"
        )
    lines.append(", ".join(f"{name} {seconds} s" for name, seconds in summary["seconds"].items()))
    return "\n".join(lines)


def print_summary(summary: Document, *, as_json: bool) -> None:
    """To standard output: one JSON document, or text."""
    print(json.dumps(summary, indent=2) if as_json else f"\n{render(summary)}")  # the command's result
