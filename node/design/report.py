"""The desk's answer as one page that needs nothing else: pictures and model inside, dark mode, printable."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import Any

from node.design.reading import Preview
from node.design.viewer import SCRIPT

STYLE = """
:root{color-scheme:light dark;--ink:#1b2430;--dim:#5b6675;--line:#d7dde5;--paper:#fff;--panel:#f5f7fa;
--good:#1a7f4b;--bad:#b3261e;--warn:#9a6700}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf2;--dim:#9aa7b8;--line:#2f3947;--paper:#12171e;--panel:#1a212b;
--good:#5fd39a;--bad:#ff8a80;--warn:#f0b848}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.5rem}h1{font-size:1.4rem;margin:0 0 1rem}h2{font-size:1.05rem;
margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.35rem .6rem;
border-bottom:1px solid var(--line);vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
th{color:var(--dim);font-weight:600}.top{display:grid;grid-template-columns:minmax(16rem,1fr) 1fr;gap:1.5rem}
figure{margin:0;background:#fff;border:1px solid var(--line);border-radius:.5rem;overflow:hidden;position:relative}
figure img,figure canvas{display:block;width:100%;height:auto;aspect-ratio:4/3}dl{display:grid;
grid-template-columns:auto 1fr;gap:.2rem .8rem;margin:0;font-size:.95rem}dt{color:var(--dim)}dd{margin:0}.good{
color:var(--good)}.block{color:var(--bad)}.cost{color:var(--warn)}.dim{color:var(--dim)}.ask{background:var(--panel);
border-left:4px solid var(--warn);padding:.6rem .9rem}@media (max-width:40rem){.top{grid-template-columns:1fr}}
@media print{:root{--ink:#000;--dim:#444;--paper:#fff;--panel:#fff}main{max-width:none;padding:0}h2{break-after:avoid}
tr{break-inside:avoid}}
"""


def page(document: dict[str, Any], preview: Preview, *, title: str) -> str:
    """The whole page; ``title`` is shown and goes nowhere else."""
    picture = b64encode(preview.png).decode()
    model = b64encode(preview.glb).decode()
    body = "".join(
        [
            f"<h1>{escape(title)}</h1>",
            '<div class="top"><figure>',
            f'<img id="poster" alt="The part, seen from above at an angle" src="data:image/png;base64,{picture}">',
            f"</figure><dl>{_facts(document['part'])}</dl></div>",
            _question(document),
            _holes(document["part"]),
            _features(document["part"]["features"]),
            _processes(document["processes"]),
            _findings(document["findings"]),
            _estimate(document),
            _machines(document),
            f'<p class="dim">{escape(document["engine"])}; SHA-256 {document["part"]["sha256"]}</p>',
        ]
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main>"
        f'<script type="model/gltf-binary;base64" id="model">{model}</script><script>{SCRIPT}</script></body></html>\n'
    )


def _facts(part: dict[str, Any]) -> str:
    rows = [
        ("File", f"{part['format']}, {part['kind']}, in {part['unit']}"),
        ("Box", " x ".join(f"{edge:g}" for edge in part["box_mm"]) + " mm"),
        ("Volume", f"{part['volume_mm3'] / 1000:,.2f} cm³"),
        ("Surface", f"{part['area_mm2'] / 100:,.1f} cm²"),
        ("Thinnest wall", _length(part["min_wall_mm"])),
        ("Smallest inner radius", _length(part["min_internal_radius_mm"])),
        ("Set-ups", f"{part['setups']}" + ("" if part["three_axes_do"] else ", at odd angles")),
        ("Pockets, slots, steps", str(part["pockets"])),
        ("Overhangs", f"{part['build']['support_mm2']:,} mm², standing {part['build']['height_mm']:g} mm high"),
    ]
    if part["suspect"]:
        gap = f"{part['open_edges']} open edges; volumes differ by {part['disagreement_ppm'] / 1e4:g} %"
        rows.append(("Look", gap))
    if part["threads"]:
        rows.append(("Threads", ", ".join(f"{row['count']} x {row['designation']}" for row in part["threads"])))
    if part["turned_mm"]:
        rows.append(("Turned", "diameter {:g}, length {:g} mm".format(*part["turned_mm"])))
    if part["sheet_mm"]:
        rows.append(("Sheet", f"{part['sheet_mm']:g} mm, {sum(bend['count'] for bend in part['bends'])} bends"))
    if part["profile"]:
        rows.append(("Cut", f"{part['profile']['cut_mm']:,} mm, {part['profile']['contours']} contours"))
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)


def _question(document: dict[str, Any]) -> str:
    return f'<p class="ask">{escape(document["question"])}</p>' if document["question"] else ""


def _holes(part: dict[str, Any]) -> str:
    rows = [
        (
            f"{hole['count']}",
            " / ".join(f"{step:g}" for step in hole["steps_mm"]),
            f"{hole['depth_mm']:g}",
            "through" if hole["through"] else "blind",
        )
        for hole in part["holes"]
    ]
    return _table("Round holes", ("n:Count", "Diameters, mm", "n:Depth, mm", ""), rows)


def _features(rows: list[dict[str, Any]]) -> str:
    """What is made on the part and where; rounded edges, of which there may be hundreds, are counted."""
    told = [row for row in rows if row["kind"] != "edge_round"]
    cells = [
        (
            row["kind"].replace("_", " "),
            ", ".join(f"{name} {row[key]:g}" for name, key in _SIZES.items() if key in row),
            "through" if row["through"] else "",
            _place(row["at_mm"]),
        )
        for row in told
    ]
    if len(told) < len(rows):
        cells.append((f"{len(rows) - len(told)} rounded edges", "", "", ""))
    return _table("Features", ("Feature", "Sizes, mm", "", "At, mm"), cells)


_SIZES = {"length": "length_mm", "width": "width_mm", "depth": "depth_mm", "radius": "radius_mm"}


def _place(at: list[float] | None) -> str:
    return "" if at is None else ", ".join(f"{value:.6g}" for value in at)


def _processes(rows: list[dict[str, Any]]) -> str:
    cells = [
        (
            row["name"],
            "offered" if row["offered"] else "feasible" if row["feasible"] else "no",
            "; ".join(row["reasons"]),
        )
        for row in rows
    ]
    return _table("How it can be made", ("Process", "", "Why"), cells)


def _findings(rows: list[dict[str, Any]]) -> str:
    cells = [
        (
            row["severity"],
            row["explanation"],
            f"{row['measure']} {row['unit']} (limit {row['limit']})",
            _place(row["at_mm"]) or "the whole part",
            row["remedy"],
        )
        for row in rows
    ]
    return _table("What stands out", ("", "Finding", "Measure", "At, mm", "What to change"), cells)


def _estimate(document: dict[str, Any]) -> str:
    found = document["estimate"]
    if found is None:
        return ""
    cells = [
        (
            f"{row['index'] + 1}",
            f"{row['name']}: {why['reason']}",
            _hours(row["seconds"]),
            _money(row["price_cents"]),
            row["basis"],
        )
        for row, why in zip(found["operations"], document["routing"], strict=True)
    ]
    table = _table("What it takes", ("n:", "Operation", "n:Hours", "n:Price", "Basis"), cells)
    total = (
        f"<p><strong>{_money(found['price_cents'])}</strong>, {_hours(found['seconds'])} hours of work, "
        f"{found['co2_g']['low'] / 1000:.2f} to {found['co2_g']['high'] / 1000:.2f} kg CO₂e, "
        f"{found['energy_wh']['low'] / 1000:.1f} to {found['energy_wh']['high'] / 1000:.1f} kWh, "
        f"{found['stock_g'] / 1000:g} kg of stock, {found['scrap_g'] / 1000:g} kg of it scrap. "
        "A range before any bid; it binds nobody.</p>"
    )
    when = found["lead_seconds"]
    lead = "" if when is None else f"<p>In {_days(when)} days: {escape(when['basis'])}.</p>"
    basis = "".join(f"<li>{escape(line)}</li>" for line in found["basis"])
    return f'{table}{total}{lead}<ul class="dim">{basis}</ul>'


def _machines(document: dict[str, Any]) -> str:
    """Who could make it, each machine judged by its own card."""
    cells = [
        (
            f"{row['operation'] + 1}",
            row["provider"],
            row["machine"],
            row["misfit"] or "can",
            "; ".join(finding["explanation"] for finding in row["findings"] if finding["severity"] != "note"),
            "" if row["hour_cents"] is None else f"{row['hour_cents'] / 100:.2f}",
        )
        for row in document["machines"]
    ]
    heads = ("n:Operation", "Provider", "Machine", "", "What stands against it", "n:GLD an hour")
    return _table("Who could make it", heads, cells)


def _table(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Columns whose head begins with ``n:`` hold numbers."""
    if not rows:
        return ""
    classes = [' class="n"' if head.startswith("n:") else "" for head in heads]
    top = "".join(
        f"<th{kind}>{escape(head.removeprefix('n:'))}</th>" for kind, head in zip(classes, heads, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(classes, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<h2>{escape(title)}</h2><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _length(value: float | None) -> str:
    return "none" if value is None else f"{value:g} mm"


def _money(found: dict[str, int]) -> str:
    return f"{found['low'] / 100:,.2f} to {found['high'] / 100:,.2f} GLD"


def _days(found: dict[str, Any]) -> str:
    return f"{found['low'] / 86_400:.1f} to {found['high'] / 86_400:.1f}"


def _hours(found: dict[str, int]) -> str:
    return f"{found['low'] / 3600:.1f} to {found['high'] / 3600:.1f}"
