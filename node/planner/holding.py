"""Holds, keeps and frees the slots of one job: pure, and after ``release`` nothing of the job is held."""

from collections.abc import Iterable
from dataclasses import replace

from node.planner.line import arranged
from node.planner.schedule import Schedule, Task, prefix
from protocol.auction import Offer
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
    return _with_slots(schedule, offers, job, until=until, now=now)


def settle(schedule: Schedule, job: JobId, won: Iterable[Offer], *, now: UnixSeconds) -> Schedule:
    """The schedule in which the job holds exactly what it won, for good; settling twice changes nothing.

    Raises:
        CapacityError: the hold of a won slot had ended and its time is taken.
    """
    return _with_slots(schedule, won, job, until=None, now=now)


def release(schedule: Schedule, job: JobId, *, now: UnixSeconds) -> Schedule:
    """The schedule in which nothing of the job is held; other work moves back where it costs least."""
    return arranged(_without_job(schedule, job), now=now)


def _with_slots(
    schedule: Schedule, offers: Iterable[Offer], job: JobId, *, until: UnixSeconds | None, now: UnixSeconds
) -> Schedule:
    kept = _without_job(schedule, job)
    slots = {slot.key: slot for slot in (_slot(job, offer, until) for offer in offers)}
    return arranged(replace(kept, tasks=(*kept.tasks, *slots.values())), now=now)


def _without_job(schedule: Schedule, job: JobId) -> Schedule:
    return schedule.without(*(task.key for task in schedule.tasks if task.key.startswith(prefix(job))))


def _slot(job: JobId, offer: Offer, until: UnixSeconds | None) -> Task:
    return Task(
        key=f"{prefix(job)}{offer.first}-{offer.last}/{offer.machine}/{offer.ready_by}",
        machine=offer.machine,
        earliest=offer.ready_by,
        due=offer.finish_by,
        start=offer.ready_by,
        finish=offer.finish_by,
        weight=Cents(0),
        until=until,
    )
