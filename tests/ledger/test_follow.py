import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger import follow
from ledger.chain import Chain, account_of
from ledger.embedded import methods
from ledger.embedded.server import EmbeddedConfig, EmbeddedServer
from ledger.errors import UnavailableError, WrongChainError
from ledger.follow import Batch, Follower
from protocol.ids import Address
from tests.ledger import probe
from tests.ledger.places import CHAIN_ID, GAS, Way, a_key, deploy, mine

pytestmark = pytest.mark.slow

KEY = a_key(1)
ME = account_of(KEY)


class Reader:
    """A node that keeps the values it was told, each with the block it was in."""

    def __init__(self, path: Path, target: Address, *, start: int = 0, confirmations: int = 1) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("CREATE TABLE IF NOT EXISTS value (block INTEGER, value INTEGER)")
        self.follower = Follower(self.connection, [target], start=start, confirmations=confirmations)

    def advance(self, chain: Chain, *, crash: bool = False) -> Batch:
        batch = self.follower.advance(chain)
        self.connection.execute("BEGIN IMMEDIATE")
        if batch.rolled_back_to is not None:
            self.connection.execute("DELETE FROM value WHERE block > ?", (batch.rolled_back_to,))
        for log in batch.events:
            row = (log.block, int.from_bytes(log.payload, "big"))
            self.connection.execute("INSERT INTO value VALUES (?, ?)", row)
        self.follower.commit(batch, self.connection)
        self.connection.execute("ROLLBACK" if crash else "COMMIT")
        return batch

    @property
    def values(self) -> list[int]:
        return [row[0] for row in self.connection.execute("SELECT value FROM value ORDER BY rowid")]


def log(chain: Chain, target: Address, *amounts: int) -> int:
    """A block with one log for each of ``amounts``."""
    nonce = chain.nonce(ME)
    for number, value in enumerate(amounts):
        chain.send(chain.sign(KEY, probe.call(target, probe.store(1, value)), nonce=nonce + number, gas=GAS).raw)
    return mine(chain)


@pytest.fixture
def target(chain: Chain) -> Address:
    return deploy(chain, KEY)


@pytest.fixture
def reader(tmp_path: Path, target: Address) -> Iterator[Reader]:
    reader = Reader(tmp_path / "node.sqlite", target)
    with closing(reader.connection):
        yield reader


def test_each_log_is_told_once_in_order(chain: Chain, target: Address, reader: Reader) -> None:
    log(chain, target, 1, 2)
    assert reader.advance(chain).head == chain.head()
    assert reader.advance(chain) == Batch(events=(), head=None, rolled_back_to=None)
    log(chain, target, 3)
    mine(chain)
    reader.advance(chain)
    assert reader.values == [1, 2, 3]


def test_what_a_crash_undoes_is_told_again(chain: Chain, target: Address, reader: Reader, tmp_path: Path) -> None:
    log(chain, target, 1)
    assert len(reader.advance(chain, crash=True).events) == 1
    again = Reader(tmp_path / "node.sqlite", target)
    with closing(again.connection):
        again.advance(chain)
        log(chain, target, 2)
        again.advance(chain)
    assert reader.values == [1, 2]


def test_following_begins_at_the_given_block_and_stays_behind_by_the_confirmations(
    chain: Chain, target: Address, tmp_path: Path
) -> None:
    log(chain, target, 1)
    second = log(chain, target, 2)
    log(chain, target, 3)
    late = Reader(tmp_path / "late.sqlite", target, start=second, confirmations=2)
    with closing(late.connection):
        late.advance(chain)
        assert late.values == [2]
        late.advance(chain)
        mine(chain)
        late.advance(chain)
        assert late.values == [2, 3]


def test_a_long_way_is_gone_in_windows_that_shrink_where_the_endpoint_tells_less(
    chain: Chain, target: Address, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in range(12):
        log(chain, target, value)
    monkeypatch.setattr(follow, "WINDOW", 8)
    monkeypatch.setattr(methods, "MAX_LOGS", 3)
    rounds = 0
    while reader.advance(chain).head is not None:
        rounds += 1
    assert reader.values == list(range(12))
    assert rounds >= 4


def test_an_endpoint_that_is_away_moves_nothing(chain: Chain, target: Address, reader: Reader) -> None:
    log(chain, target, 1)
    with pytest.raises(UnavailableError):
        reader.follower.advance(Chain("http://127.0.0.1:1", CHAIN_ID))
    reader.advance(chain)
    assert reader.values == [1]


@pytest.fixture
def branches(tmp_path: Path) -> Iterator[tuple[Way, Chain, Chain, Address]]:
    """Two chains that share the blocks with the values 1 and 2, and the way to them; it leads to the first."""
    paths = (tmp_path / "a.sqlite", tmp_path / "b.sqlite")

    def serve(database: Path) -> EmbeddedServer:
        server = EmbeddedServer(EmbeddedConfig(database=database, chain_id=CHAIN_ID, block_seconds=0))
        server.start()
        return server

    with closing(serve(paths[0])) as trunk:
        chain = Chain(trunk.url, CHAIN_ID)
        target = deploy(chain, KEY)
        log(chain, target, 1)
        log(chain, target, 2)
    shutil.copy(*paths)
    with closing(serve(paths[0])) as a, closing(serve(paths[1])) as b, closing(Way(a.url)) as way:
        yield way, Chain(a.url, CHAIN_ID), Chain(b.url, CHAIN_ID), target


@pytest.mark.parametrize("blocks", [2, 5], ids=["as long", "longer"])
def test_a_reorganisation_undoes_exactly_the_blocks_that_are_gone(
    branches: tuple[Way, Chain, Chain, Address], tmp_path: Path, blocks: int
) -> None:
    way, a, b, target = branches
    chain = Chain(way.url, CHAIN_ID)
    reader = Reader(tmp_path / "node.sqlite", target)
    with closing(reader.connection):
        reader.advance(chain)
        common = a.head().number
        log(a, target, 30)
        reader.advance(chain)
        log(a, target, 40)
        reader.advance(chain)
        assert reader.values == [1, 2, 30, 40]
        for number in range(blocks):
            log(b, target, 300 + number)
        way.upstream = b.url
        assert reader.advance(chain).rolled_back_to == common
        assert reader.values == [1, 2, *range(300, 300 + blocks)]
        log(b, target, 999)
        assert reader.advance(chain).rolled_back_to is None
        assert reader.values[-1] == 999


def test_an_endpoint_that_lags_is_waited_for_and_one_that_was_put_back_until_it_is_as_long(
    branches: tuple[Way, Chain, Chain, Address], tmp_path: Path
) -> None:
    way, a, b, target = branches
    chain = Chain(way.url, CHAIN_ID)
    reader = Reader(tmp_path / "node.sqlite", target)
    with closing(reader.connection):
        reader.advance(chain)
        common = a.head().number
        log(a, target, 30)
        reader.advance(chain)
        way.upstream = b.url
        assert reader.advance(chain) == Batch(events=(), head=None, rolled_back_to=None)
        way.upstream = a.url
        log(a, target, 40)
        reader.advance(chain)
        assert reader.values == [1, 2, 30, 40]
        way.upstream = b.url
        log(b, target, 300)
        assert reader.advance(chain).rolled_back_to == common
        assert reader.values == [1, 2, 300]


def test_another_chain_at_the_same_address_undoes_nothing(
    chain: Chain, target: Address, reader: Reader, tmp_path: Path
) -> None:
    log(chain, target, 1)
    reader.advance(chain)
    foreign = EmbeddedServer(EmbeddedConfig(database=tmp_path / "foreign.sqlite", chain_id=1, block_seconds=0))
    foreign.start()
    with closing(foreign):
        for _ in range(3):
            mine(Chain(foreign.url, 1))
        with pytest.raises(WrongChainError):
            reader.advance(Chain(foreign.url, CHAIN_ID))
    reader.advance(chain)
    assert reader.values == [1]


def test_a_reorganisation_deeper_than_what_is_remembered_is_told_from_the_start(
    branches: tuple[Way, Chain, Chain, Address], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "HISTORY", 2)
    way, a, b, target = branches
    chain = Chain(way.url, CHAIN_ID)
    reader = Reader(tmp_path / "node.sqlite", target, start=1)
    with closing(reader.connection):
        reader.advance(chain)
        for value in (30, 40, 50):
            log(a, target, value)
            reader.advance(chain)
        way.upstream = b.url
        for value in (300, 400):
            log(b, target, value)
        assert reader.advance(chain).rolled_back_to == 0
        assert reader.values == [1, 2, 300, 400]


def test_the_block_after_the_last_one_takes_one_question_beside_the_head(
    branches: tuple[Way, Chain, Chain, Address], tmp_path: Path
) -> None:
    way, a, _, target = branches
    chain, reader = Chain(way.url, CHAIN_ID), Reader(tmp_path / "node.sqlite", target)
    with closing(reader.connection):
        reader.advance(chain)
        log(a, target, 30)
        way.seen.clear()
        assert reader.advance(chain).head == a.head()
        assert reader.values == [1, 2, 30]
        assert way.seen == {"eth_getBlockByNumber": 1, "eth_getLogs": 1}


def test_a_block_that_is_reorganised_away_before_its_logs_are_asked_for_tells_nothing_yet(
    branches: tuple[Way, Chain, Chain, Address], tmp_path: Path
) -> None:
    way, a, b, target = branches
    chain, reader = Chain(way.url, CHAIN_ID), Reader(tmp_path / "node.sqlite", target)
    with closing(reader.connection):
        reader.advance(chain)
        log(a, target, 30)
        log(b, target, 300)
        way.then["eth_getBlockByNumber"] = lambda: setattr(way, "upstream", b.url)
        assert reader.advance(chain) == Batch(events=(), head=None, rolled_back_to=None)
        assert reader.values == [1, 2]
        reader.advance(chain)
        assert reader.values == [1, 2, 300]


def test_a_chain_that_moves_while_it_is_asked_tells_nothing_yet(
    branches: tuple[Way, Chain, Chain, Address], tmp_path: Path
) -> None:
    way, a, b, target = branches
    log(a, target, 30)
    log(b, target, 300)

    chain = Chain(way.url, CHAIN_ID)
    reader = Reader(tmp_path / "node.sqlite", target)
    with closing(reader.connection):
        way.then["eth_getLogs"] = lambda: setattr(way, "upstream", b.url)
        assert reader.advance(chain) == Batch(events=(), head=None, rolled_back_to=None)
        reader.advance(chain)
        assert reader.values == [1, 2, 300]
