"""Re-auctions of single critical operations among machines that belong to different owners; it never makes a cycle.

The operation is announced with two numbers: when its parts can arrive, and how much work follows it. Every machine
that can take it bids the longest way through its best insertion, which it knows from its own sequence; the best bid
that was not undone lately wins. Machines must tell heads and tails truthfully, so this is for owners who cooperate.

Feasible positions and why they are enough: Mastrolilli and Gambardella, Effective neighbourhood functions for the
flexible job shop problem, Journal of Scheduling 3 (2000).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import NamedTuple

_NONE = -1


@dataclass(frozen=True, slots=True)
class Floor:
    """Jobs as chains of operations, each with the machines that can take it and how long they need."""

    machines: int
    jobs: tuple[tuple[dict[int, int], ...], ...]

    @property
    def operations(self) -> list[dict[int, int]]:
        """All operations, job by job."""
        return [operation for job in self.jobs for operation in job]


class Bid(NamedTuple):
    """What a machine says to an announced operation."""

    length: int
    """Longest way through the operation if it goes there."""

    operation: int
    machine: int
    position: int
    """In the machine's sequence without the operation."""


class Assigned:
    """An assignment with heads, tails and sequences; operations that are not placed count at their fastest."""

    def __init__(self, floor: Floor) -> None:
        # More than eight attributes: parallel lists, for this is re-computed ten thousand times.
        self.times = floor.operations
        count = len(self.times)
        self.before, self.after = [_NONE] * count, [_NONE] * count
        first = 0
        for job in floor.jobs:
            for operation in range(first, first + len(job) - 1):
                self.after[operation], self.before[operation + 1] = operation + 1, operation
            first += len(job)
        self.sequences: list[list[int]] = [[] for _ in range(floor.machines)]
        self.machine = [_NONE] * count
        self.length = [min(times.values()) for times in self.times]
        self.heads, self.tails = [0] * count, [0] * count
        self.ends: list[list[int]] = [[] for _ in range(floor.machines)]
        self.rests: list[list[int]] = [[] for _ in range(floor.machines)]
        self.span = 0
        self.refresh()

    def refresh(self) -> None:
        """Compute heads, tails and span anew."""
        before, after, length = self.before, self.after, self.length
        count = len(before)
        earlier, later = [_NONE] * count, [_NONE] * count
        for sequence in self.sequences:
            for one, other in pairwise(sequence):
                later[one], earlier[other] = other, one
        waits = [(before[o] >= 0) + (earlier[o] >= 0) for o in range(count)]
        order = [o for o in range(count) if not waits[o]]
        ends = [0] * count
        for o in order:
            a, b = before[o], earlier[o]
            head = ends[a] if a >= 0 else 0
            if b >= 0 and ends[b] > head:
                head = ends[b]
            ends[o] = head + length[o]
            for follower in (after[o], later[o]):
                if follower >= 0:
                    waits[follower] -= 1
                    if not waits[follower]:
                        order.append(follower)
        assert len(order) == count, "a machine's sequence runs against a job's"  # noqa: S101
        rests = [0] * count
        for o in reversed(order):
            a, b = after[o], later[o]
            tail = rests[a] if a >= 0 else 0
            if b >= 0 and rests[b] > tail:
                tail = rests[b]
            rests[o] = tail + length[o]
        self.heads = [end - size for end, size in zip(ends, length, strict=True)]
        self.tails = [rest - size for rest, size in zip(rests, length, strict=True)]
        self.ends = [[ends[o] for o in sequence] for sequence in self.sequences]
        self.rests = [[rests[o] for o in sequence] for sequence in self.sequences]
        self.span = max(ends)

    def announced(self, operation: int) -> tuple[int, int]:
        """When the parts can be there, and how much work follows in the job."""
        before, after = self.before[operation], self.after[operation]
        arrival = self.heads[before] + self.length[before] if before >= 0 else 0
        return arrival, self.tails[after] + self.length[after] if after >= 0 else 0

    def bids(self, operation: int, block: range | None = None) -> list[Bid]:
        """Every machine's bid for its best position and, for the present machine, only a different one.

        Args:
            block: positions on the present machine that the longest way takes without a pause. Work inside it gains
                nothing there by trading places; only a new first or last operation does.
        """
        arrival, rest = self.announced(operation)
        found = []
        for machine, time in self.times[operation].items():
            if machine == self.machine[operation]:
                ends, rests, present = self._without(operation)
            else:
                ends, rests, present = self.ends[machine], self.rests[machine], _NONE
            inside = _inside(block, present)
            late = bisect_right(ends, arrival)
            early = bisect_left(rests, -rest, key=lambda value: -value)
            low, high = (late, early) if late < early else (early, late)
            best, where = 1 << 60, _NONE
            for position in range(low, high + 1):
                if position == present or (inside and position in inside):
                    continue
                head = ends[position - 1] if position and ends[position - 1] > arrival else arrival
                tail = rests[position] if position < len(rests) and rests[position] > rest else rest
                if head + tail < best:
                    best, where = head + tail, position
            if where >= 0:
                found.append(Bid(best + time, operation, machine, where))
        return found

    def _without(self, operation: int) -> tuple[list[int], list[int], int]:
        """The present machine's ends and rests if the operation were not there, and where it stands."""
        machine = self.machine[operation]
        sequence = self.sequences[machine]
        present = sequence.index(operation)
        ends, rests = self.ends[machine][:present], self.rests[machine][present + 1 :]
        end = ends[-1] if ends else 0
        for o in sequence[present + 1 :]:
            before = self.before[o]
            arrival = self.heads[before] + self.length[before] if before >= 0 else 0
            end = max(arrival, end) + self.length[o]
            ends.append(end)
        rest, earlier = rests[0] if rests else 0, []
        for o in reversed(sequence[:present]):
            after = self.after[o]
            follows = self.tails[after] + self.length[after] if after >= 0 else 0
            rest = max(follows, rest) + self.length[o]
            earlier.append(rest)
        return ends, earlier[::-1] + rests, present

    def take(self, bid: Bid) -> None:
        """Give the operation to the bidder."""
        if self.machine[bid.operation] >= 0:
            self.sequences[self.machine[bid.operation]].remove(bid.operation)
        self.sequences[bid.machine].insert(bid.position, bid.operation)
        self.machine[bid.operation] = bid.machine
        self.length[bid.operation] = self.times[bid.operation][bid.machine]
        self.refresh()

    def critical(self, rng: Random) -> list[int]:
        """One longest way, ties by ``rng``."""
        path: list[int] = []
        heads, length = self.heads, self.length
        candidates = [o for o, rest in enumerate(self.tails) if heads[o] == 0 and rest + length[o] == self.span]
        while candidates:
            operation = candidates[0] if len(candidates) == 1 else rng.choice(candidates)
            path.append(operation)
            end, rest = heads[operation] + length[operation], self.tails[operation]
            sequence = self.sequences[self.machine[operation]]
            at = sequence.index(operation) + 1
            followers = (self.after[operation], sequence[at] if at < len(sequence) else _NONE)
            candidates = [o for o in set(followers) if o >= 0 and heads[o] == end and self.tails[o] + length[o] == rest]
        return path

    def state(self) -> list[list[int]]:
        """The sequences, to go back to."""
        return [list(sequence) for sequence in self.sequences]

    def restore(self, sequences: Sequence[Sequence[int]]) -> None:
        """Go back to a complete assignment."""
        self.sequences = [list(sequence) for sequence in sequences]
        for machine, sequence in enumerate(sequences):
            for operation in sequence:
                self.machine[operation] = machine
                self.length[operation] = self.times[operation][machine]
        self.refresh()


def _inside(block: range | None, present: int) -> range | None:
    """Positions in a machine's sequence without the operation that leave the ends of its block as they are."""
    if block is None or present not in block[1:-1]:
        return None
    return range(block.start + 1, block.stop - 1)


def blocks(assigned: Assigned, path: Sequence[int]) -> Iterator[tuple[int, range]]:
    """Every operation of a longest way with the positions of its block."""
    first = 0
    for last in range(len(path)):
        machine = assigned.machine[path[last]]
        if last + 1 < len(path) and assigned.machine[path[last + 1]] == machine:
            continue
        start = assigned.sequences[machine].index(path[first])
        for operation in path[first : last + 1]:
            yield operation, range(start, start + last + 1 - first)
        first = last + 1


@dataclass(slots=True)
class Outcome:
    """The best assignment found and what it took."""

    span: int
    sequences: list[list[int]]
    rounds: int
    bids: int


def announce(floor: Floor, order: Sequence[int]) -> Assigned:
    """Every operation auctioned once, in the order given; the bid with the shortest way wins."""
    assigned = Assigned(floor)
    for operation in order:
        assigned.take(
            min(assigned.bids(operation), key=lambda bid: (bid.length, assigned.times[operation][bid.machine]))
        )
    return assigned


def orders(floor: Floor) -> list[list[int]]:
    """Three orders to announce in: long jobs first, level by level, long operations first."""
    times = floor.operations
    fastest = [min(one.values()) for one in times]
    jobs, first = [], 0
    for job in floor.jobs:
        jobs.append(list(range(first, first + len(job))))
        first += len(job)
    by_work = sorted(jobs, key=lambda job: -sum(fastest[o] for o in job))
    level = {o: index for job in jobs for index, o in enumerate(job)}
    return [
        [o for job in by_work for o in job],
        sorted(range(first), key=lambda o: (level[o], -fastest[o])),
        sorted(range(first), key=lambda o: -fastest[o]),
    ]


def reauction(
    floor: Floor, rounds: int, rng: Random, *, bound: int = 0, watch: Callable[[int, int], None] | None = None
) -> Outcome:
    """Announce critical operations again and again, starting from the best of three orders.

    Args:
        rounds: awards at most.
        bound: a span that is known to be the best.
        watch: told the round and the best span after each.
    """
    assigned = min((announce(floor, order) for order in orders(floor)), key=lambda one: one.span)
    best = Outcome(assigned.span, assigned.state(), 0, 0)
    banned: dict[tuple[int, int], int] = {}
    tenure, stale = 5 + len(assigned.length) // 10, 0
    for number in range(1, rounds + 1):
        if best.span <= bound:
            break
        path = assigned.critical(rng)
        bids = [bid for operation, block in blocks(assigned, path) for bid in assigned.bids(operation, block)]
        best.rounds, best.bids = number, best.bids + len(bids)
        if not bids:
            break
        allowed = [b for b in bids if banned.get((b.operation, b.machine), 0) < number or b.length < best.span]
        shortest = min(bid.length for bid in allowed or bids)
        bid = rng.choice([bid for bid in allowed or bids if bid.length == shortest])
        banned[bid.operation, assigned.machine[bid.operation]] = number + rng.randint(tenure, 2 * tenure)
        assigned.take(bid)
        stale += 1
        if assigned.span < best.span:
            best.span, best.sequences, stale = assigned.span, assigned.state(), 0
        elif stale == _PATIENCE:
            assigned.restore(best.sequences)
            banned.clear()
            stale = 0
        if watch is not None:
            watch(number, best.span)
    return best


_PATIENCE = 1_500
"""Rounds without a better span after which the search goes back to the best."""
