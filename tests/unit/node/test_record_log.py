"""The log on disk: the standard's roots and proofs at every size, nothing changed or dropped, nothing lost."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.store.database import connect
from node.store.record_log import RecordLog
from protocol import merkle
from protocol.ids import MachineId

WRITER = """
import sys
from pathlib import Path
from node.store.database import connect
from node.store.record_log import RecordLog

connection = connect(Path(sys.argv[1]))
log, batch = RecordLog(connection), int(sys.argv[2])
while True:
    connection.execute("BEGIN IMMEDIATE")
    first = log.append([b"entry %d" % number for number in range(log.size, log.size + batch)])
    connection.execute("COMMIT")
    print(first + batch, flush=True)
"""
"""Appends in transactions for ever and says how many entries are safe."""


def log_in(path: Path) -> RecordLog:
    connection = connect(path)
    RecordLog.create(connection)
    return RecordLog(connection)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.data())
def test_roots_and_proofs_at_every_size_are_the_standards(batches: list[int], data: st.DataObject) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    RecordLog.create(connection)
    log, entries = RecordLog(connection), list[bytes]()
    for batch in batches:
        fresh = [b"entry %d" % (len(entries) + number) for number in range(batch)]
        assert log.append(fresh) == len(entries)
        entries += fresh
    size = data.draw(st.integers(1, len(entries)))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    assert log.size == len(entries)
    assert log.contents() == entries
    assert log.root(size) == merkle.root(entries[:size])
    assert log.prove(index, size) == merkle.prove(entries[:size], index)
    merkle.verify_consistency(old, log.root(old), size, log.root(size), log.prove_consistency(old, size))
    connection.close()


def test_an_empty_log_has_the_empty_root(tmp_path: Path) -> None:
    log = log_in(tmp_path / "log.sqlite")
    assert (log.size, log.closed, log.note()) == (0, 0, None)
    assert log.root(0) == merkle.root([])


@pytest.mark.parametrize("table", ["log_entry", "log_node"])
@pytest.mark.parametrize("change", ["UPDATE {} SET number = number + 1", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_or_drop_an_entry(tmp_path: Path, table: str, change: str) -> None:
    path = tmp_path / "log.sqlite"
    log_in(path).append([b"one", b"two"])
    with pytest.raises(sqlite3.IntegrityError, match="a log only grows"):
        connect(path).execute(change.format(table))
    assert log_in(path).contents() == [b"one", b"two"]


def test_an_append_that_is_rolled_back_never_was(tmp_path: Path) -> None:
    connection = connect(tmp_path / "log.sqlite")
    RecordLog.create(connection)
    log = RecordLog(connection)
    log.append([b"kept"])
    connection.execute("BEGIN")
    log.append([b"lost", b"too"])
    connection.execute("ROLLBACK")
    assert log.append([b"next"]) == 1
    assert log.root(2) == merkle.root([b"kept", b"next"])


def test_a_machines_chain_begins_with_its_first_certificate_and_outlives_a_new_one(tmp_path: Path) -> None:
    log, machine = log_in(tmp_path / "log.sqlite"), MachineId("mill")
    first = merkle.leaf_hash(b"certificate 1")
    assert log.machine(machine) is None
    assert log.certify(machine, b"certificate 1") == (first, first)
    assert log.advance(machine, [b"record 1", b"record 2"]) == 1
    renewed = merkle.leaf_hash(b"certificate 2")
    assert log.certify(machine, b"certificate 2") == (renewed, merkle.leaf_hash(b"record 2"))
    assert (log.certificate(first), log.certificate(renewed)) == (b"certificate 1", b"certificate 2")
    assert log.contents() == [b"certificate 1", b"record 1", b"record 2", b"certificate 2"]


def test_a_checkpoint_once_closed_stays(tmp_path: Path) -> None:
    log = log_in(tmp_path / "log.sqlite")
    log.close(3, b"note 3")
    log.close(3, b"another")
    log.close(5, b"note 5")
    assert (log.closed, log.note()) == (5, b"note 5")


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 7])
def test_a_killed_writer_loses_no_entry_that_it_said_was_safe(tmp_path: Path, batch: int) -> None:
    path = tmp_path / "log.sqlite"
    log = log_in(path)
    for round_number in range(1, 4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(batch)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )
        assert writer.stdout is not None
        promised = [int(writer.stdout.readline()) for _ in range(10 * round_number)][-1]
        os.kill(writer.pid, signal.SIGKILL)
        promised = max([promised, *map(int, writer.stdout.read().split())])
        writer.wait()
        writer.stdout.close()
        size = log.size
        assert size >= promised
        assert size % batch == 0
        assert log.contents() == [b"entry %d" % number for number in range(size)]
        assert log.root(size) == merkle.root(log.contents())
        merkle.verify(b"entry 0", 0, size, log.prove(0, size), log.root(size))
