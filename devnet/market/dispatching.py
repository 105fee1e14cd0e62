"""Central dispatching of a flexible job shop, the yardstick of decentral ones: the next job by a rule, greedily."""

from collections.abc import Callable

from devnet.market.critical import Floor

RULES = ("first come", "shortest", "most operations left", "most work left")


def dispatched(floor: Floor, rule: str) -> int:
    """The span when each next operation goes to the machine that ends it first."""
    free, ready, done = [0] * floor.machines, [0] * len(floor.jobs), [0] * len(floor.jobs)
    key = _keys(floor, ready, done)[rule]
    while True:
        waiting = [job for job, made in enumerate(done) if made < len(floor.jobs[job])]
        if not waiting:
            return max(ready)
        ends = {
            job: min((max(free[m], ready[job]) + time, m) for m, time in floor.jobs[job][done[job]].items())
            for job in waiting
        }
        soon = min(end for end, _machine in ends.values())
        job = min((job for job in waiting if _start(floor, job, done, free, ready) < soon), key=key)
        end, machine = ends[job]
        free[machine] = ready[job] = end
        done[job] += 1


def _start(floor: Floor, job: int, done: list[int], free: list[int], ready: list[int]) -> int:
    return max(ready[job], min(free[machine] for machine in floor.jobs[job][done[job]]))


def _keys(floor: Floor, ready: list[int], done: list[int]) -> dict[str, Callable[[int], tuple[int, int]]]:
    work = [[min(times.values()) for times in job] for job in floor.jobs]
    return {
        "first come": lambda job: (ready[job], job),
        "shortest": lambda job: (work[job][done[job]], job),
        "most operations left": lambda job: (done[job] - len(work[job]), job),
        "most work left": lambda job: (-sum(work[job][done[job] :]), job),
    }
