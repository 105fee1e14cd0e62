"""The owner's side of a shop: rules that hold from the next call on, tried on past ones first, and why a price was so.

Rules live in one file of the node's folder, adopted paces in another; a file that is wrong changes nothing.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from node.config import Home, PaceConfig, PacesConfig, RulesConfig
from node.errors import RequestError
from node.planner.calibration import Calibration, calibrated, corrected, taken
from node.planner.machine import Adopted, Machine
from node.planner.policy import Policy, Rule
from node.planner.pricing import WHOLE, up
from node.planner.timing import cycle
from node.workflows.answered import NAME, Answer
from node.workflows.runner import Runner
from protocol.auction import Offer
from protocol.award import MICRO
from protocol.ids import MachineId, MaterialCode, PeerId
from protocol.params import HEAT_TREATMENT, PROCESSES
from protocol.units import BasisPoints, Cents, Seconds

LAST = 50
"""Past calls that new rules are tried on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What new rules would have done to one past bid."""

    answer: Answer
    before: Cents
    """What the shop asked for what it won, or for the cheapest of what it offered."""

    after: Cents | None
    """What it would ask; None if it would refuse."""

    refusal: str
    """Which rule refuses, if one does."""

    verdict: str
    """Whether it would win, as far as the result tells."""


class Owner:
    """What the owner asks of the shop; its rules are kept in one file, the paces that it adopted in another."""

    def __init__(self, home: Home, machines: Iterable[Machine], runner: Runner) -> None:
        self._home = home
        self._machines = {machine.name: machine for machine in machines}
        self._runner = runner
        self.rules = _kept(home.rules, RulesConfig)
        self.paces = _kept(home.paces, PacesConfig)

    @property
    def policy(self) -> Policy:
        """The rules in force, as the planner knows them."""
        return policy_of(self.rules)

    def put(self, rules: RulesConfig) -> None:
        """Let other rules hold from the next call on."""
        _keep(self._home.rules, rules)
        self.rules = rules

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Those with an adopted pace, at that pace; bids are priced with them from the next call on."""
        rows = ((self._machines.get(MachineId(name)), row) for name, row in self.paces.machines.items())
        return tuple(
            corrected(machine, Adopted(percent=row.percent, programmes=row.programmes))
            for machine, row in rows
            if machine
        )

    def adopt(self, name: MachineId | None) -> None:
        """Let a machine's own jobs correct its pace, or those of all machines that were measured.

        Raises:
            RequestError: too few of its programmes are done, or they took times that no calibration explains.
        """
        rows = [row for row in self.calibration() if name in (None, row.machine)]
        if name is not None and not rows:
            raise RequestError("nothing-measured", f"{name} has too few finished programmes to learn from")
        try:
            found: dict[str, PaceConfig] = {
                row.machine: PaceConfig(percent=row.likely, programmes=row.programmes) for row in rows
            }
        except ValidationError as error:
            raise RequestError("odd-pace", "a machine is ten times off its pace: look at its configuration") from error
        self._pace({**self.paces.machines, **found})

    def restore(self, name: MachineId | None) -> None:
        """Go back to the configured pace, of one machine or of all."""
        self._pace({known: row for known, row in self.paces.machines.items() if name not in (None, known)})

    def _pace(self, machines: Mapping[str, PaceConfig]) -> None:
        paces = PacesConfig(machines=dict(machines))
        _keep(self._home.paces, paces)
        self.paces = paces

    def calibration(self) -> tuple[Calibration, ...]:
        """Cycles of the shop's own jobs, planned and taken; furnace charges, which many parts share, are left out."""
        found: dict[MachineId, list[tuple[Seconds, Seconds]]] = defaultdict(list)
        states = (self._runner.state(stream) for stream in self._runner.streams(NAME))
        for state in (state for state in states if isinstance(state, Answer)):
            for number, name in sorted({(part.operation, part.machine) for part in state.made}):
                operation, machine = state.call.operations[number], self._machines.get(name)
                if machine is None or operation.process == HEAT_TREATMENT:
                    continue
                done = [part.finished for part in state.made if (part.operation, part.machine) == (number, name)]
                found[name] += [(cycle(machine.pace, operation), span) for span in taken(done)]
        return calibrated(found)

    def preview(self, rules: RulesConfig) -> list[Tried]:
        """What other rules would have done to the last bids, oldest first."""
        states = (self._runner.state(stream) for stream in self._runner.streams(NAME))
        answers = [state for state in states if isinstance(state, Answer)]
        return list(tried(answers[-LAST:], self._machines, self.policy, policy_of(rules)))


C = TypeVar("C", bound=BaseModel)


def _kept(path: Path, config: type[C]) -> C:
    """What a file of the node's folder holds, or nothing but defaults."""
    return config.model_validate_json(path.read_text()) if path.exists() else config()


def _keep(path: Path, config: BaseModel) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(config.model_dump_json(indent=2))
    fresh.replace(path)


def parsed_rules(text: str) -> RulesConfig:
    """Rules as the owner writes them, in TOML.

    Raises:
        RequestError: it is not TOML, or a key is unknown or out of bounds.
    """
    try:
        return RulesConfig.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RequestError("bad-rules", f"the rules are not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RequestError("bad-rules", f"{where}: {first['msg']}") from error


def policy_of(config: RulesConfig) -> Policy:
    """The planner's terms for the owner's words."""
    codes = {label: code for code, label in PROCESSES.items()}
    return Policy(
        paused=config.paused,
        patience=config.patience,
        span=Seconds(round(config.window_hours * 3600)),
        waiting=Cents(round(config.waiting_per_hour * 100)),
        surrender=BasisPoints(round(config.give_up_percent * 100)) if config.gives_up else None,
        rules=tuple(
            Rule(
                name=row.name,
                customer=None if row.customer is None else PeerId(bytes.fromhex(row.customer)),
                material=None if row.material is None else MaterialCode(row.material),
                process=None if row.process is None else codes[row.process],
                margin=None if row.margin_percent is None else BasisPoints(round(row.margin_percent * 100)),
            )
            for row in config.rules
        ),
    )


def tried(
    answers: Sequence[Answer], machines: Mapping[MachineId, Machine], old: Policy, new: Policy
) -> Iterator[Tried]:
    """What ``new`` would have changed in the bids of ``answers``; prices are scaled by the margins of then and now."""
    for answer in answers:
        priced = _priced(answer)
        known = [offer for offer, _price in priced if offer.machine in machines]
        if answer.bid is None or not known or len(known) < len(priced):
            continue
        before = Cents(sum(price for _offer, price in priced))
        after, refusal = 0, ""
        for offer, price in priced:
            machine, operation = machines[offer.machine], answer.call.operations[offer.first]
            was, becomes = old.terms(machine, answer.call, operation), new.terms(machine, answer.call, operation)
            if isinstance(becomes, str):
                refusal = becomes
                break
            margin = machine.rates.margin if isinstance(was, str) else was
            after += up(price * (WHOLE + becomes), WHOLE + margin)
        asked = None if refusal else Cents(after)
        yield Tried(answer=answer, before=before, after=asked, refusal=refusal, verdict=_verdict(answer, before, asked))


def _priced(answer: Answer) -> list[tuple[Offer, Cents]]:
    """What was won, or the cheapest offer for each operation."""
    if answer.won_assignments:
        return [(one.offer, one.price) for one in answer.won_assignments]
    cheapest: dict[int, Offer] = {}
    for offer in answer.bid.offers if answer.bid is not None else ():
        known = cheapest.get(offer.first)
        if offer.first == offer.last and (known is None or offer.price < known.price):
            cheapest[offer.first] = offer
    return [(offer, offer.price) for offer in cheapest.values()]


def _verdict(answer: Answer, before: Cents, after: Cents | None) -> str:
    standing, result = answer.standing, answer.result
    if result is None or standing is None:
        return "not decided"
    if after is None:
        return "would be refused"
    if standing.won:
        gaps = [s.score_gap for s in result.standings if s.score_gap]
        room = min(gaps, default=None)
        return "wins as before" if room is None or (after - before) * MICRO <= room else "may lose"
    if standing.score_gap is None:
        return "loses as before"
    return "would win" if (before - after) * MICRO > standing.score_gap else "loses as before"
