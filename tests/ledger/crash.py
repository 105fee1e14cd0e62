"""``make crash ROUNDS=n``: kill -9 while a block is made, n times on one chain, and look for all that was acknowledged.

Each round forks a child that takes transactions and makes blocks without pause and tells each over a pipe once it is
acknowledged. It dies a random moment after it has begun a block. What a power cut does is not tried here.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from protocol.ids import Address
from tests.ledger import probe
from tests.ledger.places import Direct, a_key

KEYS = tuple(a_key(number) for number in range(3))
SENDS = 4
"""Transactions of each key before a block."""

BLOCK_SECONDS = 0.08
"""About what a block takes on a quiet machine; a child dies up to so long after it has begun one."""

_MINING = b"mining"


@dataclass(slots=True)
class Acknowledged:
    """What the children have said, over all rounds."""

    sent: list[str] = field(default_factory=list)
    blocks: dict[int, str] = field(default_factory=dict)
    checked: int = 0
    """Up to this block everything was compared; again at the end."""

    checked_sent: int = 0

    rounds_in_a_block: int = 0
    """Children that died before they could acknowledge the block that they had begun."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=8)
    given = parser.parse_args()
    moments, acknowledged = random.Random(given.seed), Acknowledged()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.sqlite"
        with closing(Direct(path)) as direct:
            target = direct.probe(a_key(99))
        for number in range(1, given.rounds + 1):
            kill_once(path, target, moments, acknowledged)
            if number == given.rounds:
                acknowledged.checked = acknowledged.checked_sent = 0
            lost = check(path, acknowledged)
            if lost:
                print(f"round {number}: {lost}", file=sys.stderr)
                return 1
    sent, blocks, cut = len(acknowledged.sent), len(acknowledged.blocks), acknowledged.rounds_in_a_block
    print(f"{given.rounds} kills, {cut} of them in a block: {blocks} blocks and {sent} transactions, 0 lost")
    return 0


def kill_once(path: Path, target: Address, moments: random.Random, acknowledged: Acknowledged) -> None:
    """One child, from its start to its death."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "wb", buffering=0) as said:
            work(path, target, said)
    os.close(writing)
    blocks = moments.randrange(1, 5)
    with os.fdopen(reading, "rb") as said:
        for line in said:
            note(line.split(), acknowledged)
            blocks -= line.strip() == _MINING
            if not blocks:
                break
        time.sleep(moments.uniform(0, BLOCK_SECONDS))  # the moment of death is what is drawn
        os.kill(child, signal.SIGKILL)
        rest = [line.split() for line in said if line.endswith(b"\n")]
    os.waitpid(child, 0)
    acknowledged.rounds_in_a_block += not any(words[0] == b"block" for words in rest)
    for words in rest:
        note(words, acknowledged)


def work(path: Path, target: Address, said: IO[bytes]) -> None:
    """Take transactions and make blocks until killed."""
    direct = Direct(path)
    while True:
        for key in KEYS:
            for _ in range(SENDS):
                sent = direct.send(key, probe.call(target, probe.store(direct.nonce(key) % 50, 1 + direct.nonce(key))))
                said.write(b"sent %s\n" % sent.encode())
        said.write(_MINING + b"\n")
        number = direct.mine()
        said.write(b"block %d %s\n" % (number, direct.node.evm.head().hash.hex().encode()))


def note(words: list[bytes], acknowledged: Acknowledged) -> None:
    match words:
        case [b"sent", transaction]:
            acknowledged.sent.append(transaction.decode())
        case [b"block", number, block_hash]:
            acknowledged.blocks[int(number)] = block_hash.decode()


def check(path: Path, acknowledged: Acknowledged) -> str:
    """What is not as it was acknowledged, or does not fit together; nothing when all is well."""
    with closing(Direct(path)) as direct:
        return next(_faults(direct, acknowledged), "")


def _faults(direct: Direct, acknowledged: Acknowledged) -> Iterator[str]:
    head = int(direct.ask("eth_blockNumber"), 16)
    for number, known in acknowledged.blocks.items():
        if number >= acknowledged.checked and (number > head or direct.node.evm.header(number).hash.hex() != known):
            yield f"block {number} is lost"
    for sent in acknowledged.sent[acknowledged.checked_sent :]:
        if direct.ask("eth_getTransactionByHash", sent) is None:
            yield f"transaction {sent} is lost"
    for number in range(max(1, acknowledged.checked), head + 1):
        yield from _faults_of(direct, number)
    acknowledged.checked, acknowledged.checked_sent = head, len(acknowledged.sent)


def _faults_of(direct: Direct, number: int) -> Iterator[str]:
    block = direct.ask("eth_getBlockByNumber", hex(number), True)
    if block["parentHash"] != direct.ask("eth_getBlockByNumber", hex(number - 1))["hash"]:
        yield f"block {number} does not follow block {number - 1}"
    receipts = direct.ask("eth_getBlockReceipts", hex(number))
    logs = direct.ask("eth_getLogs", {"blockHash": block["hash"]})
    calls = [one for one in block["transactions"] if one["to"]]
    if [log for receipt in receipts for log in receipt["logs"]] != logs or len(logs) != len(calls):
        yield f"the logs of block {number} are not those of its receipts"
    for one in calls:
        if int(direct.ask("eth_getTransactionCount", one["from"], hex(number)), 16) <= int(one["nonce"], 16):
            yield f"the state of block {number} is not the one after its transactions"


if __name__ == "__main__":
    sys.exit(main())
