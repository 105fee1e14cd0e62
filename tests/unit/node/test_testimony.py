"""What a witness signs, and what it refuses to; its notes survive a restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from federation.errors import RefusedError
from node.identity import Identity
from node.store.database import open_database
from node.workflows import watch_auction
from node.workflows.answered import CallHeard
from node.workflows.events import Announce, WakeAt
from node.workflows.runner import Happened, Port, Runner
from node.workflows.testify import AuctionWitness
from protocol.auction import Reveal
from protocol.ids import Address
from protocol.requests import WitnessRequest
from protocol.roll import Receipt, Roll, witnessed
from protocol.signed import Signed, sign, verify
from protocol.topics import AWARD, CALL, COMMITMENT, RECEIPT, REVEAL
from protocol.units import Seconds, UnixSeconds
from protocol.wire import decode, encode
from tests.auction.sealed import WITNESS_SEEDS, WITNESSES, bidder, bidders, roll_of, small_call
from tests.unit.node.somewhere import contracts
from tests.unit.protocol.examples import CUSTOMER_SEED, offer, seed

CALL_ = small_call()
HEARD = CallHeard(
    call=sign(CUSTOMER_SEED, CALL, encode(CALL_)),
    customer=Address(b"c" * 20),
    deadline=UnixSeconds(0),
    review=Seconds(0),
)
MILL, OVEN, _ = bidders()
IDENTITY = Identity(signing=WITNESS_SEEDS[WITNESSES[0]], encryption=b"e" * 32, ledger=b"l" * 32, vault=b"v" * 32)


@dataclass
class Stage:
    """A witness and the clock that a test sets."""

    witness: AuctionWitness
    runner: Runner
    now: int = CALL_.commit_by

    async def show(self, message: Signed, topic: str = COMMITMENT) -> Receipt:
        signed = await self.witness.sign(message.author, WitnessRequest(topic=topic, message=message))
        assert signed.author == WITNESSES[0]
        return decode(Receipt, verify(signed, RECEIPT))


@asynccontextmanager
async def watching(path: Path, *, heard: bool = True) -> AsyncIterator[Stage]:
    async def never(_stream: str, _effect: object) -> Happened | None:
        await trio.sleep_forever()
        return None

    async with open_database(path / "node.sqlite") as database:
        runner = Runner(database, (watch_auction.workflow(contracts()),), lambda: CALL_.commit_by)
        runner.bind({WakeAt: Port(perform=never), Announce: Port(perform=never)})
        async with runner.running():
            if heard:
                await runner.post(watch_auction.stream_of(CALL_.job), "call", HEARD)
            stage: list[Stage] = []
            witness = AuctionWitness(runner=runner, identity=IDENTITY, wall=lambda: UnixSeconds(stage[0].now))
            stage.append(Stage(witness=witness, runner=runner))
            yield stage[0]


async def test_a_receipt_tells_when_the_message_came_first(tmp_path: Path) -> None:
    async with watching(tmp_path) as stage:
        stage.now = CALL_.commit_by - 5
        first = await stage.show(OVEN.commitment)
        stage.now = CALL_.commit_by + 30
        assert await stage.show(OVEN.commitment) == first
        assert first.at == CALL_.commit_by - 5
    async with watching(tmp_path, heard=False) as stage:
        stage.now = CALL_.commit_by + 60
        assert await stage.show(OVEN.commitment) == first


async def test_a_reveal_is_receipted_when_it_opens_what_was_seen(tmp_path: Path) -> None:
    async with watching(tmp_path) as stage:
        await stage.show(OVEN.commitment)
        stage.now = CALL_.reveal_by
        receipt = await stage.show(OVEN.reveal, REVEAL)
        assert receipt.at == CALL_.reveal_by
        signed = sign(IDENTITY.signing, RECEIPT, encode(receipt))
        assert not witnessed(CALL_, OVEN.reveal.payload, [signed], by=CALL_.reveal_by)


async def test_what_is_late_second_or_somebody_elses_gets_no_receipt(tmp_path: Path) -> None:
    again = bidder("oven", offer(1, 5, 8, 1)).commitment
    async with watching(tmp_path) as stage:
        await stage.show(OVEN.commitment)
        with pytest.raises(RefusedError, match="noted first"):
            await stage.show(again)
        with pytest.raises(RefusedError, match="opens no commitment"):
            await stage.show(MILL.reveal, REVEAL)
        stage.now = CALL_.commit_by + 1
        with pytest.raises(RefusedError, match="late"):
            await stage.show(MILL.commitment)
        request = WitnessRequest(topic=COMMITMENT, message=OVEN.commitment)
        with pytest.raises(RefusedError, match="your own"):
            await stage.witness.sign(MILL.bid.provider, request)
        with pytest.raises(RefusedError, match="your own"):
            await stage.show(sign(seed("oven"), AWARD, b""), AWARD)
        with pytest.raises(RefusedError, match="signature"):
            await stage.show(OVEN.commitment, REVEAL)


async def test_a_node_that_does_not_watch_an_auction_says_so(tmp_path: Path) -> None:
    async with watching(tmp_path, heard=False) as stage:
        with pytest.raises(RefusedError, match="does not watch"):
            await stage.show(OVEN.commitment)


async def test_only_the_first_roll_and_reveals_of_what_was_committed_are_noted(tmp_path: Path) -> None:
    async with watching(tmp_path) as stage:
        await stage.show(OVEN.commitment)
        for roll in (roll_of(CALL_, [OVEN.commitment]), roll_of(CALL_, [])):
            await stage.witness.roll(decode(Roll, roll.payload), roll)
        await stage.witness.reveal(decode(Reveal, OVEN.reveal.payload), OVEN.reveal)
        state = stage.runner.state(watch_auction.stream_of(CALL_.job))
        assert isinstance(state, watch_auction.Watch)
        assert state.roll == roll_of(CALL_, [OVEN.commitment])
        assert [noted.reveal for noted in state.reveals] == [OVEN.reveal]
        assert watch_auction.owed(state) is not None
