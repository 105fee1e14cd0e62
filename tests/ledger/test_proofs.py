import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import rlp
from eth_account import Account

from ledger.proofs import LogProof, ProofError, prove, verify
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


def test_each_log_is_proven_from_every_type_of_receipt(direct: Direct, logs: list[Log]) -> None:
    assert len(logs) == 18
    block = direct.raw_block(logs[0].block)
    assert block is not None
    for log in logs:
        shown = verify(prove(direct, log))
        assert (shown.address, shown.topics, shown.payload) == (log.address, log.topics, log.payload)
        assert (shown.block_number, shown.block_hash) == (log.block, log.block_hash)
        assert shown.timestamp == int(block["timestamp"], 16)


def test_a_change_of_any_byte_is_noticed(direct: Direct, logs: list[Log]) -> None:
    proof = prove(direct, logs[9])
    hash_ = logs[9].block_hash
    for at in range(0, len(proof.header), 7):
        assert not _shows(replace(proof, header=_flip(proof.header, at)), hash_)
    for number, node in enumerate(proof.nodes):
        for at in range(0, len(node), 11):
            nodes = (*proof.nodes[:number], _flip(node, at), *proof.nodes[number + 1 :])
            assert not _shows(replace(proof, nodes=nodes), hash_)


def _flip(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def _shows(proof: LogProof, block_hash: bytes) -> bool:
    try:
        return verify(proof).block_hash == block_hash
    except ProofError:
        return False


def test_a_proof_of_another_place_or_with_more_or_fewer_nodes_is_refused(direct: Direct, logs: list[Log]) -> None:
    proof = prove(direct, logs[3])
    other = prove(direct, logs[12])
    wrong = (
        replace(proof, transaction=proof.transaction + 1),
        replace(proof, transaction=-1),
        replace(proof, transaction=10**30),
        replace(proof, position=1),
        replace(proof, position=-1),
        replace(proof, nodes=()),
        replace(proof, nodes=proof.nodes[:-1]),
        replace(proof, nodes=(*proof.nodes, other.nodes[-1])),
        replace(proof, nodes=tuple(reversed(proof.nodes))),
        replace(proof, nodes=(b"\xc1" * 100_000,)),
        replace(proof, header=b""),
        replace(proof, header=rlp.encode([b""] * 21)),
        replace(proof, header=b"\xc1" * 100_000),
        replace(proof, header=b"\xb8\x01a"),
    )
    for one in wrong:
        with pytest.raises(ProofError):
            verify(one)


def test_a_log_of_a_block_that_is_gone_is_not_proven(direct: Direct, logs: list[Log]) -> None:
    for gone in (replace(logs[0], block=10_000), replace(logs[0], block_hash=bytes(32)), replace(logs[0], index=99)):
        with pytest.raises(ProofError):
            prove(direct, gone)


def test_an_endpoint_that_leaves_out_a_receipt_or_talks_nonsense_proves_nothing(
    direct: Direct, logs: list[Log]
) -> None:
    class Lying:
        def __init__(self, receipts: list[dict[str, Any]]) -> None:
            self.raw_block = direct.raw_block
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
            prove(Lying(receipts), logs[0])


def test_verifying_needs_neither_the_network_nor_an_ethereum_client() -> None:
    program = (
        "import sys, ledger.proofs\n"
        "foreign = ('web3', 'eth', 'requests', 'aiohttp', 'eth_account')\n"
        "print([name for name in foreign if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
