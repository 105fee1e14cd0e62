"""The time model's figures, by hand."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.config import Process
from node.planner.pricing import basis
from node.planner.timing import brisk_duration, co2, cycle, duration, energy, lots
from protocol import params
from protocol.ids import ProcessCode
from tests.planner.shop import HOUR, a_machine, an_operation


def test_milling_takes_its_volume_and_its_features() -> None:
    machine, operation = a_machine(), an_operation(features=10)
    assert cycle(machine.pace, operation) == 100_000 * 60 // 10_000 + 10 * 60
    assert duration(machine, operation, 5) == (1800 + 5 * 1200) * 105 // 100


def test_a_printer_takes_its_volume_only() -> None:
    machine, operation = a_machine(process=params.EXTRUSION), an_operation(process=params.EXTRUSION)
    assert cycle(machine.pace, operation) == 600


@pytest.mark.parametrize("process", [params.VAT, params.POWDER_POLYMER, params.POWDER_METAL])
def test_every_printer_takes_its_volume(process: ProcessCode) -> None:
    machine, operation = a_machine(process=process), an_operation(process=process)
    assert cycle(machine.pace, operation) == 600


def test_grinding_takes_its_volume_and_its_surfaces() -> None:
    machine, operation = a_machine(process=params.GRINDING), an_operation(process=params.GRINDING, features=1)
    assert cycle(machine.pace, operation) == 660


def test_a_shop_can_declare_every_process_that_a_call_may_name() -> None:
    assert get_args(Process) == tuple(params.PROCESSES.values())


def test_a_furnace_takes_whole_charges() -> None:
    machine, operation = a_machine(process=params.HEAT_TREATMENT), an_operation(process=params.HEAT_TREATMENT)
    assert [list(lot) for lot in lots(machine.pace, operation, 11)] == [list(range(1, 11)), [11]]
    assert duration(machine, operation, 1) == duration(machine, operation, 10) < duration(machine, operation, 11)
    assert cycle(machine.pace, operation) == 4 * HOUR


def test_a_measuring_machine_takes_its_characteristics() -> None:
    machine, operation = a_machine(process=params.INSPECTION), an_operation(process=params.INSPECTION, features=7)
    assert cycle(machine.pace, operation) == 7 * 60


def test_energy_and_carbon_follow_from_the_running_time() -> None:
    machine, operation = a_machine(), an_operation()
    assert energy(machine, operation, 3) == 5_000 * 3 * 1200 // 3600
    assert co2(machine, operation, 3) == 5_000 * 363 // 1000


@given(st.integers(1, 500), st.integers(1, 500), st.sampled_from(list(params.PROCESSES)))
def test_more_parts_never_take_less_time_energy_or_money(one: int, more: int, process: str) -> None:
    code = ProcessCode(process)
    machine, operation = a_machine(process=code), an_operation(process=code)
    for figure in (duration, energy, co2):
        assert figure(machine, operation, one) <= figure(machine, operation, one + more)
    few = basis(machine, [operation], one, margin=machine.rates.margin).price
    assert 0 < few <= basis(machine, [operation], one + more, margin=machine.rates.margin).price


@pytest.mark.parametrize("process", params.PROCESSES)
def test_every_process_of_a_call_has_a_guess(process: ProcessCode) -> None:
    operation = replace(an_operation(), process=process)
    assert brisk_duration(operation, 2) >= brisk_duration(operation, 1) > 0
