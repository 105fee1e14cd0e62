"""Holds, keeps and frees the slots of one job: pure, and after ``release`` nothing of the job is held."""

from collections.abc import Iterable
from dataclasses import replace

from node.planner.line import arranged
from node.planner.schedule import Schedule, Task, prefix
from protocol.auction import Offer
from protocol.award import Assignment
from protocol.ids import JobId
from protocol.units import Cents, UnixSeconds


def reserve(
    schedule: Schedule, offers: Iterable[Offer], job: JobId, *, until: UnixSeconds, now: UnixSeconds
) -> Schedule:
    """The schedule that holds a tentative slot for every offer, with movable work out of their way.

    Args:
        until: wall time at which the slots free themselves.
        now: plant time.

    Raises:
        CapacityError: the offers do not all fit; they come from another schedule.
    """
    return _with_slots(schedule, (_slot(job, offer, offer.opens, until) for offer in offers), job, now=now)


def settle(schedule: Schedule, job: JobId, won: Iterable[Assignment], *, now: UnixSeconds) -> Schedule:
    """The schedule in which the job holds exactly what it won, for good; settling twice changes nothing.

    Raises:
        CapacityError: the hold of a won slot had ended and its time is taken.
    """
    return _with_slots(schedule, (_slot(job, a.offer, a.start, None) for a in won), job, now=now)


def release(schedule: Schedule, job: JobId, *, now: UnixSeconds) -> Schedule:
    """The schedule in which nothing of the job is held; other work moves back where it costs least."""
    return arranged(_without_job(schedule, job), now=now)


def _with_slots(schedule: Schedule, slots: Iterable[Task], job: JobId, *, now: UnixSeconds) -> Schedule:
    kept = _without_job(schedule, job)
    return arranged(replace(kept, tasks=(*kept.tasks, *{slot.key: slot for slot in slots}.values())), now=now)


def _without_job(schedule: Schedule, job: JobId) -> Schedule:
    return schedule.without(*(task.key for task in schedule.tasks if task.key.startswith(prefix(job))))


def _slot(job: JobId, offer: Offer, start: UnixSeconds, until: UnixSeconds | None) -> Task:
    finish = UnixSeconds(start + offer.duration)
    return Task(
        key=f"{prefix(job)}{offer.first}-{offer.last}/{offer.machine}/{start}",
        machine=offer.machine,
        earliest=start,
        due=finish,
        start=start,
        finish=finish,
        weight=Cents(0),
        until=until,
    )
