"""Say how a part can be made, from its file alone; nothing is posted and nothing leaves this machine."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from node.commands.shared import EXIT_NO, EXIT_UNDECIDED, Command, State

if TYPE_CHECKING:
    from node.design.reading import Reading


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--material", default=None, help="Designation under its standard, such as 'EN AW-6082'.")
@click.option("--quantity", default=1, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--tolerance", default=500, show_default=True, type=click.IntRange(1), help="Full width in micrometres.")
@click.option("--process", default=None, help="Force a process, such as 'milling'.")
@click.option("--unit", default=None, type=click.Choice(["um", "mm", "cm", "m", "in", "ft"]), help="The file's unit.")
@click.option("--thickness", default=None, type=click.FloatRange(0.05, 100), help="Of a drawing's sheet, millimetres.")
@click.option("--embodied", default=None, type=click.IntRange(0), help="Grams of CO2 per kilogram of the material.")
@click.option("--heat-treat/--no-heat-treat", default=None, help="Default: as is usual for the material.")
@click.option("--coat", is_flag=True, help="Ask for a coating.")
@click.option("--market", is_flag=True, help="Ask the node for advertised rates, past awards, machines and their time.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write a report page here.")
@click.pass_obj
def inspect(state: State, /, file: Path, html: Path | None, *, market: bool, **wishes: Any) -> None:
    """Say how the part in FILE (STEP, STL, 3MF, OBJ or DXF) can be made, what stands against it, and what it takes."""
    from node.design import inspection
    from node.design.errors import IntakeError

    asked = _wishes(wishes)
    try:
        reading = _read(file, wishes["unit"], wishes["thickness"], preview=html is not None)
    except IntakeError as error:
        document = inspection.refusal(error)
        state.show(document, _refusal_text(document))
        sys.exit(EXIT_UNDECIDED if document["status"] == "question" else EXIT_NO)
    if reading.part is None:
        raise AssertionError("a reading without a part raises")
    document = inspection.document(inspection.answer(reading.part, asked), asked)
    if market and document["estimate"] is not None:
        with state.client() as client:
            document = client.estimate(file.name, file.read_bytes(), wishes)
    if html is not None and reading.preview is not None:
        from node.design.report import page

        html.write_text(page(document, reading.preview, title=file.name), encoding="utf-8")
    state.show(document, text(document))


def text(document: dict[str, Any]) -> str:
    """The answer for a terminal."""
    part = document["part"]
    box = " x ".join(f"{edge:g}" for edge in part["box_mm"])
    size = f"{part['volume_mm3'] / 1000:,.2f} cm3, {part['faces']} faces"
    lines = [f"{part['format']} {part['kind']}, {box} mm, {size}, file in {part['unit']}"]
    if part["suspect"]:
        lines.append(f"LOOK: {part['open_edges']} open edges, volumes differ by {part['disagreement_ppm'] / 1e4:g} %")
    lines += _shape_lines(part)
    lines += ["", "Processes"]
    for row in document["processes"]:
        mark = "*" if row["offered"] else ("+" if row["feasible"] else "-")
        lines.append(f"  {mark} {row['name']:26} {'; '.join(row['reasons'])}")
    lines.append("  (* offered, + feasible, - not)")
    if document["findings"]:
        lines += ["", "Findings"]
        for row in document["findings"]:
            where = " at " + ", ".join(f"{value:g}" for value in row["at_mm"]) if row["at_mm"] else ""
            lines.append(f"  {row['severity']:5} {row['code']}: {row['explanation']}")
            lines.append(f"        {row['measure']} {row['unit']}, limit {row['limit']}{where}. {row['remedy']}")
    lines += _estimate_lines(document)
    if document["question"]:
        lines += ["", document["question"]]
    return "\n".join(lines)


def _shape_lines(part: dict[str, Any]) -> list[str]:
    lines = [
        f"  hole {row['count']:3} x {'/'.join(f'{step:g}' for step in row['steps_mm']):14} mm, "
        f"{row['depth_mm']:g} mm {'through' if row['through'] else 'deep'}"
        for row in part["holes"]
    ]
    lines += [f"  thread {row['count']:3} x {row['designation']}" for row in part["threads"]]
    if part["turned_mm"]:
        lines.append("  turned: diameter {:g}, length {:g} mm".format(*part["turned_mm"]))
    if part["profile"]:
        lines.append(f"  flat: {part['profile']['cut_mm']:,} mm of cut, {part['profile']['contours']} contours")
    lines += [
        f"  bend {row['count']:3} x radius {row['radius_mm']:g} mm, {row['angle_deg']:g} degrees"
        for row in part["bends"]
    ]
    others = [feature["kind"] for feature in part["features"] if feature["kind"] not in ("round_hole", "bend")]
    if others:
        lines.append("  " + ", ".join(f"{others.count(kind)} {kind}" for kind in sorted(set(others))))
    lines.append(
        f"  thinnest wall {part['min_wall_mm'] or '?'} mm, smallest inner radius "
        f"{part['min_internal_radius_mm'] or '-'} mm, {part['setups']} set-up(s)"
        f"{'' if part['three_axes_do'] else ' at odd angles'}, {part['build']['support_mm2']:,} mm2 of overhangs"
    )
    return lines


def _estimate_lines(document: dict[str, Any]) -> list[str]:
    found = document["estimate"]
    if found is None:
        return []
    lines = ["", "Operations"]
    for row, why in zip(found["operations"], document["routing"], strict=True):
        lines.append(f"  {row['index'] + 1}. {row['name']:22} {_money(row['price_cents'])}  {_hours(row['seconds'])}")
        lines += [f"     {why['reason']}", f"     {row['basis']}"]
        lines += [f"     {_machine(other)}" for other in document["machines"] if other["operation"] == row["index"]]
    lines += [
        "",
        f"price {_money(found['price_cents'])}",
        f"time  {_hours(found['seconds'])} of work, queues and transport not counted",
        f"lead  {_lead(document)}",
        f"CO2e  {found['co2_g']['low'] / 1000:.2f} to {found['co2_g']['high'] / 1000:.2f} kg",
        f"power {found['energy_wh']['low'] / 1000:.1f} to {found['energy_wh']['high'] / 1000:.1f} kWh",
        f"stock {found['stock_g'] / 1000:g} kg, of which {found['scrap_g'] / 1000:g} kg become scrap",
        *(f"  {line}" for line in found["basis"]),
    ]
    return lines


def _machine(row: dict[str, Any]) -> str:
    """One machine of the network beside an operation."""
    said = [row["misfit"] or "can"]
    said += [finding["code"] for finding in row["findings"] if finding["severity"] != "note"]
    said += [f"advertised at {row['hour_cents'] / 100:.2f} an hour"] if row["hour_cents"] else []
    return f"{row['provider']} {row['machine']}: {', '.join(said)}"


def _lead(document: dict[str, Any]) -> str:
    """How long until the order can be done."""
    found = document["estimate"]["lead_seconds"]
    if found is None and document["machines"]:
        return "no known machine has free time for every operation"
    if found is None:
        return "ask the network who has time (--market)"
    low, likely, high = (f"{found[bound] / 86_400:.1f}" for bound in ("low", "likely", "high"))
    return f"{low} to {high} days, likely {likely} ({found['basis']})"


def _refusal_text(document: dict[str, Any]) -> str:
    lines = [f"{document['code']}: {document['text']}"]
    lines += [f"  --unit {row['unit']:3} the part is {row['longest_mm']:g} mm long" for row in document["units"]]
    return "\n".join(lines)


def _money(found: dict[str, int]) -> str:
    return f"{found['low'] / 100:,.2f} to {found['high'] / 100:,.2f} GLD"


def _hours(found: dict[str, int]) -> str:
    return f"{found['low'] / 3600:.1f} to {found['high'] / 3600:.1f} h"


def _wishes(given: dict[str, Any]) -> Any:
    from node.design.finish import Finish
    from node.design.inspection import Wishes
    from protocol.ids import MaterialCode
    from protocol.params import PROCESSES
    from protocol.units import GramsCo2, Micrometres

    known = {name: code for code, label in PROCESSES.items() for name in (code, label)}
    process = given["process"]
    if process is not None and process not in known:
        raise click.BadParameter(f"known: {', '.join(PROCESSES.values())}", param_hint="--process")
    return Wishes(
        material=None if given["material"] is None else MaterialCode(given["material"]),
        quantity=given["quantity"],
        tolerance=Micrometres(given["tolerance"]),
        process=None if process is None else known[process],
        embodied=None if given["embodied"] is None else GramsCo2(given["embodied"]),
        finish=Finish(heat_treat=given["heat_treat"], coat=given["coat"]),
    )


def _read(file: Path, unit: str | None, thickness: float | None, *, preview: bool) -> "Reading":
    import trio

    from node.design.intake import open_intake
    from node.design.lengths import Unit
    from node.design.reading import Options
    from protocol.units import Micrometres

    options = Options(
        unit=None if unit is None else Unit(unit),
        thickness=None if thickness is None else Micrometres(round(1000 * Decimal(str(thickness)))),
        preview=preview,
    )

    async def read() -> "Reading":
        async with open_intake() as intake:
            return await intake.read(file, options=options)

    return trio.run(read)
