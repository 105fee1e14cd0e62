import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import rlp
from eth_account import Account

from ledger.chain import account_of
from ledger.proofs import BlockProof, LogPlaces, ProvenBlock, Slots, prove, verify
from ledger.tries import ProofError
from ledger.types import Log
from protocol.ids import Address
from tests.ledger import probe
from tests.ledger.places import CHAIN_ID, Direct, a_key


@pytest.fixture
def logs(direct: Direct) -> list[Log]:
    """Logs of one block of 18 transactions of four types; their receipts' indices have keys of one and of two bytes."""
    target = direct.probe(a_key(0))
    for number in range(18):
        kind = (0, 1, 2, 4)[number % 4]
        fields = {"nonce": 0, "gas": 300_000, "to": target, "data": probe.store(number, 500 + number)}
        signed = Account.sign_transaction(fields | _kind(kind, target), a_key(100 + number))
        direct.ask("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
    number = direct.mine()
    return [_log(entry) for entry in direct.ask("eth_getLogs", {"fromBlock": hex(number)})]


def _kind(kind: int, target: Address) -> dict[str, Any]:
    fees = {"gasPrice": 0} if kind < 2 else {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
    authorization = Account.sign_authorization({"chainId": CHAIN_ID, "address": target, "nonce": 0}, a_key(50))
    return {
        "chainId": CHAIN_ID,
        **fees,
        **({"type": kind, "accessList": []} if kind else {}),
        **({"authorizationList": [authorization]} if kind == 4 else {}),
    }


def _log(entry: dict[str, Any]) -> Log:
    return Log(
        address=Address(bytes.fromhex(entry["address"][2:])),
        topics=tuple(bytes.fromhex(topic[2:]) for topic in entry["topics"]),
        payload=bytes.fromhex(entry["data"][2:]),
        block=int(entry["blockNumber"], 16),
        block_hash=bytes.fromhex(entry["blockHash"][2:]),
        transaction=bytes.fromhex(entry["transactionHash"][2:]),
        index=int(entry["logIndex"], 16),
    )


def test_logs_of_every_type_of_receipt_are_proven_together(direct: Direct, logs: list[Log]) -> None:
    assert len(logs) == 18
    block = direct.raw_block(logs[0].block)
    assert block is not None
    shown = verify(prove(direct, logs[0].block, logs=logs))
    assert [(log.address, log.topics, log.payload) for log in shown.logs] == [
        (log.address, log.topics, log.payload) for log in logs
    ]
    assert (shown.header.number, shown.header.hash) == (logs[0].block, logs[0].block_hash)
    assert shown.header.timestamp == int(block["timestamp"], 16)


def test_each_log_is_proven_alone_too_and_two_proofs_share_their_nodes(direct: Direct, logs: list[Log]) -> None:
    alone = [prove(direct, log.block, logs=[log]) for log in logs[:2]]
    for proof, log in zip(alone, logs, strict=False):
        (shown,) = verify(proof).logs
        assert (shown.address, shown.topics, shown.payload) == (log.address, log.topics, log.payload)
    together = prove(direct, logs[0].block, logs=logs[:2])
    assert len(together.nodes) < sum(len(proof.nodes) for proof in alone)


def test_what_storage_holds_and_what_it_does_not_hold_is_proven(direct: Direct, logs: list[Log]) -> None:
    places = [(logs[0].address, number.to_bytes(32, "big")) for number in (0, 5, 17, 18, 10**9)]
    shown = verify(prove(direct, logs[0].block, storage=places))
    assert [shown.storage[place] for place in places] == [500, 505, 517, 0, 0]
    before = verify(prove(direct, logs[0].block - 1, storage=places))
    assert set(before.storage.values()) == {0}


def test_the_storage_of_an_account_that_is_no_contract_is_empty_and_of_none_is_refused(
    direct: Direct, logs: list[Log]
) -> None:
    sender, slot = account_of(a_key(0)), bytes(32)
    assert verify(prove(direct, logs[0].block, storage=[(sender, slot)])).storage == {(sender, slot): 0}
    with pytest.raises(ProofError, match="no such contract"):
        prove(direct, logs[0].block, storage=[(Address(b"?" * 20), slot)])


def test_a_change_of_any_byte_is_noticed(direct: Direct, logs: list[Log]) -> None:
    proof = _proof(direct, logs)
    true = verify(proof)
    for at in range(0, len(proof.header), 7):
        assert _shows(replace(proof, header=_flip(proof.header, at))) != true
    for number, node in enumerate(proof.nodes):
        for at in range(0, len(node), 11):
            nodes = (*proof.nodes[:number], _flip(node, at), *proof.nodes[number + 1 :])
            assert _shows(replace(proof, nodes=nodes)) is None


def _proof(direct: Direct, logs: list[Log]) -> BlockProof:
    places = [(logs[0].address, number.to_bytes(32, "big")) for number in (3, 99)]
    return prove(direct, logs[0].block, logs=logs[9:12], storage=places)


def _flip(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def _shows(proof: BlockProof) -> ProvenBlock | None:
    try:
        return verify(proof)
    except ProofError:
        return None


def test_there_is_one_proof_of_the_same_things(direct: Direct, logs: list[Log]) -> None:
    proof = _proof(direct, logs)
    other = prove(direct, logs[0].block, logs=[logs[0]])
    first, (slots,) = proof.logs[0], proof.storage
    wrong = (
        replace(proof, logs=proof.logs[:-1]),
        replace(proof, logs=tuple(reversed(proof.logs))),
        replace(proof, logs=(first, *proof.logs)),
        replace(proof, logs=(replace(first, transaction=first.transaction + 30), *proof.logs[1:])),
        replace(proof, logs=(replace(first, transaction=-1), *proof.logs[1:])),
        replace(proof, logs=(LogPlaces(transaction=10**30, positions=(0,)),)),
        replace(proof, logs=(replace(first, positions=(1,)), *proof.logs[1:])),
        replace(proof, logs=(replace(first, positions=(-1,)), *proof.logs[1:])),
        replace(proof, logs=(replace(first, positions=()), *proof.logs[1:])),
        replace(proof, logs=(replace(first, positions=(0, 0)), *proof.logs[1:])),
        replace(proof, storage=()),
        replace(proof, storage=(slots, slots)),
        replace(proof, storage=(replace(slots, slots=()),)),
        replace(proof, storage=(replace(slots, slots=tuple(reversed(slots.slots))),)),
        replace(proof, storage=(Slots(account=Address(b"?" * 20), slots=slots.slots),)),
        replace(proof, nodes=()),
        replace(proof, nodes=proof.nodes[:-1]),
        replace(proof, nodes=(*proof.nodes, proof.nodes[0])),
        replace(proof, nodes=(*proof.nodes, other.nodes[-1])),
        replace(proof, nodes=tuple(reversed(proof.nodes))),
        replace(proof, nodes=(b"\xc1" * 100_000,)),
        replace(proof, header=b""),
        replace(proof, header=rlp.encode([b""] * 21)),
        replace(proof, header=b"\xc1" * 100_000),
        replace(proof, header=b"\xb8\x01a"),
    )
    for number, one in enumerate(wrong):
        assert _shows(one) is None, number


def test_a_log_of_a_block_that_is_gone_is_not_proven(direct: Direct, logs: list[Log]) -> None:
    for gone in (replace(logs[0], block=10_000), replace(logs[0], block_hash=bytes(32)), replace(logs[0], index=99)):
        with pytest.raises(ProofError):
            prove(direct, gone.block, logs=[gone])


def test_an_endpoint_that_leaves_out_a_receipt_or_talks_nonsense_proves_nothing(
    direct: Direct, logs: list[Log]
) -> None:
    class Lying:
        def __init__(self, receipts: list[dict[str, Any]]) -> None:
            self.raw_block, self.raw_proof = direct.raw_block, direct.raw_proof
            self._receipts = receipts

        def raw_receipts(self, number: int) -> list[dict[str, Any]]:
            return self._receipts

    sound = direct.raw_receipts(logs[0].block)
    lies: list[list[dict[str, Any]]] = [
        sound[:-1],
        [],
        [{}],
        [{**sound[0], "status": "0x0"}, *sound[1:]],
        [{**sound[0], "logs": 7}],
    ]
    for receipts in lies:
        with pytest.raises(ProofError):
            prove(Lying(receipts), logs[0].block, logs=logs[:1])


@pytest.mark.parametrize(
    "lie",
    [{}, {"accountProof": [], "storageProof": []}, {"accountProof": ["0xc0"], "storageProof": []}, {"accountProof": 7}],
)
def test_an_endpoint_that_lies_about_the_state_proves_nothing(
    direct: Direct, logs: list[Log], lie: dict[str, Any]
) -> None:
    class Lying:
        raw_block, raw_receipts = direct.raw_block, direct.raw_receipts

        def raw_proof(self, account: Address, slots: Sequence[bytes], number: int) -> dict[str, Any]:
            return lie

    with pytest.raises(ProofError):
        prove(Lying(), logs[0].block, storage=[(logs[0].address, bytes(32))])


def test_verifying_needs_neither_the_network_nor_an_ethereum_client() -> None:
    program = (
        "import sys, ledger.proofs\n"
        "foreign = ('urllib3', 'web3', 'eth', 'requests', 'aiohttp', 'eth_account')\n"
        "print([name for name in foreign if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
