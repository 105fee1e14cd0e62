from collections.abc import Iterator
from contextlib import closing
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.embedded.database import ChainDatabase, LogRow

WORDS = (b"a", b"b", b"c")
COLUMNS = ("address", "topic0", "topic1", "topic2", "topic3")
ROWS: list[LogRow] = [
    (number // 7, number % 7, 0, b"t%d" % number, address, *(topics + (None,) * 4)[:4], b"")  # type: ignore[misc]
    for number, (address, topics) in enumerate(
        (address, topics) for address in WORDS for count in range(5) for topics in product(WORDS[:2], repeat=count)
    )
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainDatabase]:
    with closing(ChainDatabase(tmp_path_factory.mktemp("logs") / "chain.sqlite")) as database:
        with database.block() as rows:
            rows.logs.extend(ROWS)
        yield database


@settings(deadline=None)
@given(
    wanted=st.dictionaries(st.sampled_from(COLUMNS), st.lists(st.sampled_from((*WORDS, b"nobody")), max_size=3)),
    first=st.integers(0, 15),
    last=st.integers(0, 15),
    limit=st.integers(1, 40),
)
def test_the_index_finds_what_looking_at_every_log_finds(
    database: ChainDatabase, wanted: dict[str, list[bytes]], first: int, last: int, limit: int
) -> None:
    def fits(row: LogRow) -> bool:
        found = dict(zip(COLUMNS, row[4:9], strict=True))
        return first <= row[0] <= last and all(not some or found[column] in some for column, some in wanted.items())

    assert database.logs(first, last, wanted, limit) == [row for row in ROWS if fits(row)][:limit]
