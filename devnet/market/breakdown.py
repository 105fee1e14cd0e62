"""What repair is measured against when a machine fails: everybody simply waits."""

from devnet.market.book import Book
from devnet.market.repair import Machines
from protocol.award import MICRO
from protocol.ids import JobId, MachineId, PeerId
from protocol.job import Site
from protocol.transport import travel_time
from protocol.units import UnixSeconds


def busiest(book: Book, now: UnixSeconds) -> Machines:
    """The machine with most work ahead."""
    load = {
        (peer, roster.machine.name): sum(max(0, task.finish - max(now, task.start)) for task in roster.tasks)
        for peer, schedule in book.schedules.items()
        for roster in schedule.rosters.values()
    }
    return max(load, key=lambda one: (load[one], one))


def right_shifted(book: Book, peer: PeerId, machine: MachineId, *, now: UnixSeconds, until: UnixSeconds) -> int:
    """What all orders cost if everything simply waits: sequences stay, and nobody asks anybody else."""
    free: dict[Machines, int] = {}
    ready: dict[JobId, tuple[int, Site]] = {}
    cost = book.cost
    steps = [(one.start, job, one) for job, order in book.orders.items() for one in order.award.assignments]
    for start, job, one in sorted(steps, key=lambda step: step[:2]):
        key = (one.provider, one.offer.machine)
        begin = max(start, free.get(key, 0))
        if job in ready:
            finish, site = ready[job]
            begin = max(begin, finish + travel_time(site, one.site))
        if key == (peer, machine) and begin + one.offer.duration > now and begin < until:
            begin = until
        free[key] = begin + one.offer.duration
        ready[job] = (free[key], one.site)
    for job, order in book.orders.items():
        finish, site = ready[job]
        late = finish + travel_time(site, order.call.site) - order.award.arrival
        cost += late * order.call.weights.hour * MICRO // 3600
    return cost
