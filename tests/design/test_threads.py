"""Threads in a STEP file's annotations."""

import time

import pytest

from node.design.packages import Package, packages
from node.design.part import Thread
from node.design.reading import Options
from node.design.routing import plan
from node.design.threads import threads
from protocol import wire
from tests.design.conftest import Measuring
from tests.design.samples import C45, PARTS, um


def found(*entities: str) -> dict[str, int]:
    content = "".join(f"#{number}={entity};\n" for number, entity in enumerate(entities, start=10)).encode()
    return {thread.designation: thread.count for thread in threads(content)}


@pytest.mark.parametrize(
    ("entity", "wanted"),
    [
        ("DESCRIPTIVE_REPRESENTATION_ITEM('thread','M6x1-6H')", {"M6x1-6H": 1}),
        ("DESCRIPTIVE_REPRESENTATION_ITEM('','4X M8 x 1.25')", {"M8x1.25": 4}),
        ("SHAPE_ASPECT('M10-6H','','',.T.)", {"M10-6H": 1}),
        ("SHAPE_ASPECT('tapped','2X M5 THREAD',#1,.T.)", {"M5": 2}),
        ("DESCRIPTIVE_REPRESENTATION_ITEM('note','1/4-20 UNC and #10-32UNF')", {"1/4-20 UNC": 1, "#10-32 UNF": 1}),
        ("DESCRIPTIVE_REPRESENTATION_ITEM('','6X .250-20 UNC-2B')", {".250-20 UNC": 6}),
        ("THREAD('M3',$)", {"M3": 1}),
        ("SHAPE_ASPECT('M6','',#1,.T.)", {}),
        ("SHAPE_ASPECT('AM6x1B','',#1,.T.)", {}),
        ("PRODUCT('M6x1 screw','M6x1 screw','',(#2))", {}),
        ("DESCRIPTIVE_REPRESENTATION_ITEM('thread','M6x1", {}),
    ],
)
def test_a_thread_is_read_where_an_annotation_calls_for_it(entity: str, wanted: dict[str, int]) -> None:
    assert found(entity) == wanted


def test_annotations_of_one_kind_add_up() -> None:
    assert found("THREAD('M6x1')", "THREAD('2X M6x1')", "THREAD('M3')") == {"M3": 1, "M6x1": 3}


def test_hostile_annotations_take_no_time() -> None:
    start = time.process_time()
    for content in (b"#1=THREAD('" * 50_000, b"#1=THREAD(" + b"'M6x1'," * 100_000, b"#1=(" * 200_000, b"M6x" * 500_000):
        threads(content)
    assert time.process_time() - start < 20  # linear; a quadratic reader would take minutes


def test_the_winner_learns_of_threads_that_the_bare_model_does_not_say(measuring: Measuring) -> None:
    content = (PARTS / "bracket.step").read_bytes()
    annotated = content.replace(
        b"ENDSEC;\nEND-ISO", b"#99999=DESCRIPTIVE_REPRESENTATION_ITEM('','2X M6x1');\nENDSEC;\nEND-ISO"
    )
    assert annotated != content
    part = measuring.part(annotated, options=Options())
    assert part.threads == (Thread(designation="M6x1", count=2),)
    routing = plan(part, material=C45, quantity=1, tolerance=um(0.1))
    assert any(finding.code == "THREADS" for finding in routing.findings)
    model = wire.decode(Package, packages(annotated, part, routing)[0])
    assert model.notes == ("2 x M6x1",)
    assert b"M6x1" not in model.content
