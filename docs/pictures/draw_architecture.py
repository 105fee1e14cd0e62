"""Draws ``architecture.svg`` beside this file, in light and dark; ``--check`` compares instead."""

import sys
from pathlib import Path
from xml.sax.saxutils import escape

TARGET = Path(__file__).with_name("architecture.svg")

STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1c2024; }
  .title { font-weight: 600; font-size: 15px; }
  .small { font-size: 12px; fill: #5b636b; }
  .box { fill: #f6f7f8; stroke: #8b949c; stroke-width: 1.2; rx: 8; }
  .core { fill: #e7f0ea; stroke: #3d7a56; }
  .edge { stroke: #5b636b; stroke-width: 1.4; fill: none; marker-end: url(#tip); }
  .tip { fill: #5b636b; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e9ec; } .small { fill: #a4adb5; }
    .box { fill: #1d2125; stroke: #6d767e; } .core { fill: #1b2b22; stroke: #5fa37c; }
    .edge { stroke: #a4adb5; } .tip { fill: #a4adb5; }
  }
"""

BOXES = (
    # x, y, width, class, title, lines
    (20, 20, 200, "box", "customer node", ("desk · vault · post_job",)),
    (260, 20, 200, "box", "provider nodes", ("planner · machines · answer_job",)),
    (500, 20, 200, "box", "auditor node", ("audit_part",)),
    (
        20,
        150,
        440,
        "box",
        "federation",
        ("gossip and requests on libp2p, directory of cards; does not know the chain",),
    ),
    (500, 150, 200, "box", "governance", ("rule packs, what-if replay",)),
    (
        20,
        260,
        680,
        "box",
        "ledger",
        ("outbox · follower · proofs · audit, on any Ethereum JSON-RPC; embedded: py-evm",),
    ),
    (
        20,
        370,
        680,
        "box core",
        "protocol",
        ("types, wire form, acceptance, award rule dp/1, seals, records: pure, no I/O",),
    ),
)

EDGES = ((120, 84, 150), (360, 84, 150), (600, 84, 150), (240, 214, 260), (600, 214, 260), (360, 324, 370))


def draw() -> str:
    """The whole picture as SVG text."""
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 450" role="img" aria-label="Guildmark architecture">',
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path class="tip" d="M0 0 L8 4 L0 8 z"/></marker></defs>',
    ]
    for x, y, width, kind, title, lines in BOXES:
        parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="64"/>')
        parts.append(f'<text class="title" x="{x + 14}" y="{y + 26}">{escape(title)}</text>')
        parts += [
            f'<text class="small" x="{x + 14}" y="{y + 46 + 16 * number}">{escape(line)}</text>'
            for number, line in enumerate(lines)
        ]
    parts += [f'<path class="edge" d="M{x} {top} V{bottom - 2}"/>' for x, top, bottom in EDGES]
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.exists() and TARGET.read_text() == draw() else "architecture.svg is stale: run make docs")
    TARGET.write_text(draw())
