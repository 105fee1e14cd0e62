"""The award rule told to CP-SAT as a model of its own, for tests to compare with; shares no code with the rule."""

from itertools import combinations

from ortools.sat.python import cp_model

from protocol.auction import Bid
from protocol.award import Terms, passes
from protocol.transport import travel_co2, travel_time

MICRO = 1_000_000


class Model:
    """Start and presence of every offer; whatever is present must join in time."""

    def __init__(self, terms: Terms, bids: tuple[Bid, ...]) -> None:
        self._terms = terms
        self._model = cp_model.CpModel()
        self._rows = [
            (bid, offer)
            for bid in bids
            if passes(terms, bid)
            for offer in bid.offers
            if offer.grade <= terms.filters.grade
        ]
        self._there = [self._model.new_bool_var("") for _ in self._rows]
        self._start = [self._model.new_int_var(o.opens, o.closes, "") for _, o in self._rows]
        self._cost: list[cp_model.LinearExprT] = []
        self._price: list[cp_model.LinearExprT] = []
        self._co2: list[cp_model.LinearExprT] = []
        self._arrival = self._model.new_int_var(terms.earliest, terms.due, "")
        self._build()

    def optimum(self, *, seconds: float = 60, workers: int = 1) -> int | None:
        """Lowest score times 3600, or None when it proves that there is none."""
        weights = self._terms.weights
        score = 3600 * sum(self._cost) + MICRO * weights.hour * (self._arrival - self._terms.earliest)
        self._model.minimize(score)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = workers
        solver.parameters.max_time_in_seconds = seconds
        status = solver.solve(self._model)
        assert status in (cp_model.OPTIMAL, cp_model.INFEASIBLE), solver.status_name(status)
        return None if status == cp_model.INFEASIBLE else round(solver.objective_value)

    def _build(self) -> None:
        terms, model = self._terms, self._model
        for operation in range(len(terms.after)):
            model.add_exactly_one(
                there for there, (_, o) in zip(self._there, self._rows, strict=True) if o.first <= operation <= o.last
            )
        followed = {before for after in terms.after for before in after}
        for index, (bid, offer) in enumerate(self._rows):
            there, start = self._there[index], self._start[index]
            model.add(start >= terms.earliest).only_enforce_if(there)
            self._pay(index)
            for before in terms.after[offer.first]:
                self._follow(index, before)
            if offer.last not in followed:
                home = travel_time(bid.site, terms.site)
                model.add(self._arrival >= start + offer.duration + home).only_enforce_if(there)
                self._move(there, bid.site, terms.site)
        self._exclude()
        model.add(sum(self._price) <= terms.budget)
        if terms.co2_cap is not None:
            model.add(sum(self._co2) <= terms.co2_cap)

    def _pay(self, index: int) -> None:
        (_, offer), there, start = self._rows[index], self._there[index], self._start[index]
        weights, span = self._terms.weights, offer.last - offer.first + 1
        self._price.append(there * offer.price)
        self._co2.append(there * offer.co2)
        fixed = offer.price * MICRO + offer.co2 * weights.co2_tonne + offer.grade * weights.grade * span * MICRO
        self._cost.append(there * fixed)
        asked = offer.price
        for rise in offer.rises:
            risen = self._model.new_bool_var("")
            self._model.add(start < rise.start).only_enforce_if([there, risen.negated()])
            self._price.append(risen * (rise.price - asked))
            self._cost.append(risen * (rise.price - asked) * MICRO)
            asked = rise.price

    def _follow(self, index: int, before: int) -> None:
        bid, _ = self._rows[index]
        there, start = self._there[index], self._start[index]
        for other, (maker, earlier) in enumerate(self._rows):
            if earlier.last != before or other == index:
                continue
            both = self._model.new_bool_var("")
            self._model.add_bool_or([there.negated(), self._there[other].negated(), both])
            self._model.add_implication(both, there)
            self._model.add_implication(both, self._there[other])
            ready = self._start[other] + earlier.duration + travel_time(maker.site, bid.site)
            self._model.add(start >= ready).only_enforce_if(both)
            self._move(both, maker.site, bid.site)

    def _move(self, there: cp_model.IntVar, a: object, b: object) -> None:
        weights = self._terms.weights
        grams = travel_co2(a, b)  # type: ignore[arg-type]
        way = a.distance(b)  # type: ignore[attr-defined]
        self._co2.append(there * grams)
        self._cost.append(there * (grams * weights.co2_tonne + way * weights.kilometre * 1000))

    def _exclude(self) -> None:
        for one, two in combinations(range(len(self._rows)), 2):
            (a, first), (b, second) = self._rows[one], self._rows[two]
            if a.provider != b.provider:
                continue
            pair = (a.offers.index(first), b.offers.index(second))
            both = [self._there[one], self._there[two]]
            if pair in a.clashes:
                self._model.add_at_most_one(both)
            elif first.machine == second.machine:
                order = self._model.new_bool_var("")
                self._model.add(self._start[one] + first.duration <= self._start[two]).only_enforce_if([*both, order])
                self._model.add(self._start[two] + second.duration <= self._start[one]).only_enforce_if(
                    [*both, order.negated()]
                )
