"""A schedule as lines of text, one per machine; it only looks."""

from datetime import UTC, datetime

from node.planner.schedule import Schedule
from protocol.ids import MachineId
from protocol.units import UnixSeconds


def gantt(schedule: Schedule, *, now: UnixSeconds, hours: int = 72, width: int = 72) -> str:
    """Committed ``#``, tentative ``?``, free ``.`` and closed time in ``width`` columns from plant time ``now`` on."""
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
    calendar = schedule.machine(name).calendar
    if calendar.start(calendar.worked(tick)) != tick:
        return " "
    if any(task.start <= tick < task.finish for task in schedule.on(name)):
        return "#"
    held = any(hold.start <= tick < hold.finish for hold in schedule.roster(name).holds)
    return "?" if held else "."
