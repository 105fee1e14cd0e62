"""The protocol reference is generated, whole, and in step with the code."""

import re

from docs.reference import generate
from tests.vectors.messages import messages


def test_the_protocol_reference_is_not_stale() -> None:
    assert generate.main(["--check"]) == 0


def test_every_message_that_has_vectors_has_a_chapter_with_an_example() -> None:
    text = generate.PAGE.read_text()
    for message in messages():
        assert f"### {message.kind.__name__}\n" in text
        assert f"Example from `{message.file}.json`" in text


def test_every_link_leads_to_a_chapter() -> None:
    text = generate.PAGE.read_text()
    chapters = {title.lower() for title in re.findall(r"^### (\w+)$", text, re.MULTILINE)}
    linked = set(re.findall(r"\]\(#(\w+)\)", text))
    assert linked
    assert linked <= chapters
