"""A schedule as lines of text or as an SVG picture, one row a machine; it only looks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

from node.planner.schedule import Hold, Schedule, Task
from protocol.ids import MachineId
from protocol.units import UnixSeconds

_ROW, _LEFT, _SCALE = 28, 150, 12
"""Pixels: a machine's row, the names' column, an hour."""

_STYLE = (
    ".name,.hour{font:12px sans-serif;fill:#222}.shut{fill:#e4e4e4}"
    ".task{fill:#3b6ea5}.hold{fill:#f0b64d;fill-opacity:.7}.line{stroke:#ccc}"
)


def gantt(schedule: Schedule, *, now: UnixSeconds, hours: int = 72, width: int = 72) -> str:
    """Committed ``#``, held for a bid ``?``, free ``.`` and closed time in ``width`` columns from ``now`` on."""
    margin = max((len(machine.name) for machine in schedule.machines), default=0) + 2
    begins = datetime.fromtimestamp(now, UTC).strftime("%d %b %H:%M")
    ruler = f"{'':{margin}}{begins} UTC, {hours} h"
    ticks = [UnixSeconds(now + (2 * column + 1) * hours * 1800 // width) for column in range(width)]
    rows = [
        f"{machine.name:{margin}}{''.join(_mark(schedule, machine.name, tick) for tick in ticks)}"
        for machine in schedule.machines
    ]
    return "\n".join([ruler, *rows])


def _mark(schedule: Schedule, name: MachineId, tick: UnixSeconds) -> str:
    if not _open(schedule, name, tick):
        return " "
    if any(task.start <= tick < task.finish for task in schedule.on(name)):
        return "#"
    held = any(hold.start <= tick < hold.finish for hold in schedule.roster(name).holds)
    return "?" if held else "."


def _open(schedule: Schedule, name: MachineId, tick: UnixSeconds) -> bool:
    calendar = schedule.machine(name).calendar
    return calendar.start(calendar.worked(tick)) == tick


def svg(schedule: Schedule, *, now: UnixSeconds, hours: int = 72) -> str:
    """The same as a picture that stands alone; names are escaped, and hovering tells what a bar is."""
    width, height = _LEFT + hours * _SCALE, (len(schedule.machines) + 1) * _ROW
    ends = UnixSeconds(now + hours * 3600)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img">',
        f"<title>Schedule from {_clock(now)} UTC</title><style>{_STYLE}</style>",
        *(_tick(UnixSeconds(now + hour * 3600), now, height) for hour in range(0, hours, 6)),
    ]
    for row, machine in enumerate(schedule.machines, start=1):
        top = row * _ROW
        parts.append(f'<text class="name" x="4" y="{top + 18}">{escape(machine.name)}</text>')
        for hour in range(hours):
            if not _open(schedule, machine.name, UnixSeconds(now + hour * 3600 + 1800)):
                x = _LEFT + hour * _SCALE
                parts.append(f'<rect class="shut" x="{x}" y="{top + 4}" width="{_SCALE}" height="{_ROW - 8}"/>')
        parts += _bars(schedule, machine.name, now, ends, top)
    return "\n".join([*parts, "</svg>"])


def _bars(schedule: Schedule, name: MachineId, now: UnixSeconds, ends: UnixSeconds, top: int) -> Iterator[str]:
    bars: list[tuple[str, str, Task | Hold]] = [("task", task.key, task) for task in schedule.on(name)]
    bars += [("hold", f"held for {hold.job.hex()[:12]}", hold) for hold in schedule.roster(name).holds]
    for kind, label, bar in bars:
        if bar.finish > now and bar.start < ends:
            left, right = _x(max(bar.start, now), now), _x(min(bar.finish, ends), now)
            text = escape(f"{label}: {_clock(bar.start)} to {_clock(bar.finish)} UTC")
            yield (
                f'<rect class="{kind}" x="{left}" y="{top + 4}" width="{max(1, right - left)}" height="{_ROW - 8}">'
                f"<title>{text}</title></rect>"
            )


def _tick(at: UnixSeconds, now: UnixSeconds, height: int) -> str:
    x = _x(at, now)
    label = datetime.fromtimestamp(at, UTC).strftime("%a %H:%M")
    return (
        f'<line class="line" x1="{x}" x2="{x}" y1="{_ROW - 6}" y2="{height}"/>'
        f'<text class="hour" x="{x + 2}" y="16">{label}</text>'
    )


def _x(at: UnixSeconds, now: UnixSeconds) -> int:
    return _LEFT + (at - now) * _SCALE // 3600


def _clock(at: UnixSeconds) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
