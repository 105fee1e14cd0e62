"""The runner: every event counts once, every effect is owed until its event is back, also after a crash."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trio

from node.errors import UnavailableError
from node.store.database import open_database
from node.workflows.runner import Happened, Port, Runner, Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    asked: tuple[str, ...] = ()
    done: tuple[str, ...] = ()


def transition(state: Tally | None, event: object) -> tuple[Tally, tuple[Work, ...]]:
    state = state or Tally()
    match event:
        case Asked():
            return replace(state, asked=(*state.asked, event.name)), (Work(key=event.name),)
        case Done():
            return replace(state, done=(*state.done, event.name)), ()
    raise AssertionError(event)


WORKFLOW = Workflow(name="tally", transition=transition, events=(Asked, Done))


@asynccontextmanager
async def running(path: Path, perform: object) -> AsyncIterator[Runner]:
    async with open_database(path / "node.sqlite") as database:
        runner = Runner(database, (WORKFLOW,), lambda: 1_800_000_000)
        runner.bind({Work: Port(perform=perform)})  # type: ignore[arg-type]
        async with runner.running():
            yield runner


async def until_done(runner: Runner, count: int, *, seconds: float = 5) -> None:
    async with runner.watch() as news:
        with trio.fail_after(seconds):
            while len(runner.state("tally/1").done) < count:  # type: ignore[union-attr]
                await news.receive()


async def done(_stream: str, effect: Work) -> Happened:
    return Happened(key=f"done/{effect.key}", event=Done(name=effect.key))


async def never(_stream: str, _effect: Work) -> None:
    await trio.sleep_forever()


async def test_an_effect_comes_back_as_its_event(tmp_path: Path) -> None:
    async with running(tmp_path, done) as runner:
        await runner.post("tally/1", "a", Asked(name="a"))
        await until_done(runner, 1)
        assert runner.state("tally/1") == Tally(asked=("a",), done=("a",))


async def test_the_same_key_counts_once(tmp_path: Path) -> None:
    async with running(tmp_path, done) as runner:
        assert await runner.post("tally/1", "a", Asked(name="a"))
        assert not await runner.post("tally/1", "a", Asked(name="b"))
        await until_done(runner, 1)
        assert runner.state("tally/1").asked == ("a",)  # type: ignore[union-attr]


async def test_an_effect_that_was_not_done_is_performed_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path, never) as runner:
        await runner.post("tally/1", "a", Asked(name="a"))
    async with running(tmp_path, done) as runner:
        await until_done(runner, 1)
    async with running(tmp_path, never) as runner:
        assert runner.state("tally/1") == Tally(asked=("a",), done=("a",))


async def test_an_unavailable_outside_is_tried_again(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    tries = []

    async def flaky(stream: str, effect: Work) -> Happened:
        tries.append(effect.key)
        if len(tries) < 4:
            raise UnavailableError("not yet")
        return await done(stream, effect)

    async with running(tmp_path, flaky) as runner:
        await runner.post("tally/1", "a", Asked(name="a"))
        await until_done(runner, 1, seconds=math.inf)  # the jumping clock does not wait for the database's thread
    assert tries == ["a"] * 4


async def test_changes_made_with_an_event_are_stored_with_it_or_not_at_all(tmp_path: Path) -> None:
    async with running(tmp_path, done) as runner:

        def fail(_connection: object) -> None:
            raise RuntimeError("no")

        with pytest.raises(RuntimeError):
            await runner.post("tally/1", "a", Asked(name="a"), within=fail)
        assert runner.state("tally/1") is None
        assert await runner.history("tally/1") == ()


async def test_concurrent_posts_fold_in_the_order_of_the_log(tmp_path: Path) -> None:
    async with running(tmp_path, never) as runner, trio.open_nursery() as nursery:
        for number in range(50):
            nursery.start_soon(runner.post, "tally/1", str(number), Asked(name=str(number)))
    async with running(tmp_path, never) as again:
        state = again.state("tally/1")
        assert sorted(state.asked) == sorted(str(n) for n in range(50))  # type: ignore[union-attr]
        assert tuple(e.event.name for e in await again.history("tally/1")) == state.asked  # type: ignore[union-attr]


async def undo(runner: Runner, *keys: str) -> int:
    return await runner.undo(lambda _connection: [("tally/1", key) for key in keys])


async def test_what_follows_an_undone_event_waits_in_its_place_until_it_is_back(tmp_path: Path) -> None:
    async with running(tmp_path, never) as runner:
        for name in ("a", "b", "c"):
            await runner.post("tally/1", name, Asked(name=name))
        assert await undo(runner, "b") == 1
        assert runner.state("tally/1").asked == ("a",)  # type: ignore[union-attr]
        await runner.post("tally/1", "d", Asked(name="d"))
        assert runner.state("tally/1").asked == ("a",)  # type: ignore[union-attr]
        assert await runner.undone() == (("tally/1", "b"),)
    async with running(tmp_path, never) as again:
        assert again.state("tally/1").asked == ("a",)  # type: ignore[union-attr]
        assert not await again.post("tally/1", "b", Asked(name="b"))
        assert again.state("tally/1").asked == ("a", "b", "c", "d")  # type: ignore[union-attr]
        assert await again.undone() == ()


async def test_an_effect_that_waited_behind_an_undone_event_is_performed_once(tmp_path: Path) -> None:
    performed = []

    async def note(stream: str, effect: Work) -> Happened:
        performed.append(effect.key)
        return await done(stream, effect)

    async with running(tmp_path, note) as runner:
        await runner.post("tally/1", "a", Asked(name="a"))
        await until_done(runner, 1)
        await undo(runner, "a")
        assert runner.state("tally/1") is None
        await runner.post("tally/1", "b", Asked(name="b"))
        assert performed == ["a"]
        await runner.post("tally/1", "a", Asked(name="a"))
        await until_done(runner, 2)
    assert performed == ["a", "b"]


async def test_an_undoing_that_fails_undoes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, never) as runner:
        await runner.post("tally/1", "a", Asked(name="a"))

        def fail(_connection: object) -> list[tuple[str, str]]:
            raise RuntimeError("no")

        with pytest.raises(RuntimeError):
            await runner.undo(fail)
        assert runner.state("tally/1").asked == ("a",)  # type: ignore[union-attr]


async def test_whoever_reads_the_journal_finds_the_state_of_every_entry_in_it(tmp_path: Path) -> None:
    async def perform(_stream: str, _effect: Work) -> Happened | None:
        return None

    async with running(tmp_path, perform) as runner, trio.open_nursery() as nursery:
        for number in range(60):
            nursery.start_soon(runner.post, f"tally/{number}", "asked", Asked(name="a"))
        seen = 0
        with trio.fail_after(10):
            while seen < 60:
                entries = await runner.journal("tally")
                seen = len(entries)
                assert all(runner.state(entry.stream) is not None for entry in entries)
