import sqlite3
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_account import Account
from eth_utils.crypto import keccak
from trie import HexaryTrie

from ledger.chain import account_of
from ledger.embedded import evm, methods
from ledger.embedded.database import ChainDatabase
from ledger.embedded.errors import DatabaseMismatchError
from ledger.embedded.evm import Evm
from ledger.types import Creation
from protocol.ids import Address
from tests.ledger import probe
from tests.ledger.places import CHAIN_ID, DEADLINE, GAS, Direct, a_key

KEY, OTHER = a_key(1), a_key(2)


def a_call(target: Address, payload: bytes) -> dict[str, str]:
    return {"from": "0x" + account_of(KEY).hex(), "to": "0x" + target.hex(), "data": "0x" + payload.hex()}


def test_a_mined_transaction_has_state_receipt_log_and_index(direct: Direct) -> None:
    target = direct.probe(KEY)
    sent = direct.send(KEY, probe.call(target, probe.store(7, 41)))
    number = direct.mine()

    receipt = direct.ask("eth_getTransactionReceipt", sent)
    block = direct.ask("eth_getBlockByNumber", hex(number), True)
    assert (receipt["status"], receipt["blockHash"], receipt["type"]) == ("0x1", block["hash"], "0x2")
    assert direct.ask("eth_call", a_call(target, probe.read(7))) == "0x" + (41).to_bytes(32, "big").hex()
    assert direct.ask("eth_getStorageAt", "0x" + target.hex(), "0x7") == "0x" + (41).to_bytes(32, "big").hex()
    assert [entry["hash"] for entry in block["transactions"]] == [sent]
    assert direct.ask("eth_getTransactionByHash", sent) == block["transactions"][0]
    assert receipt["logs"] == direct.ask("eth_getLogs", {"fromBlock": "0x0", "address": "0x" + target.hex()})
    assert receipt["logs"] == direct.ask("eth_getBlockReceipts", hex(number))[0]["logs"]


def test_logs_are_found_by_range_address_and_any_of_several_topics(direct: Direct) -> None:
    first, second = direct.probe(KEY), direct.probe(KEY)
    for slot, target in enumerate((first, second, first)):
        direct.send(KEY, probe.call(target, probe.store(slot, 100 + slot)))
        last = direct.mine()

    def found(**query: Any) -> list[int]:
        return [int(entry["data"], 16) for entry in direct.ask("eth_getLogs", {"fromBlock": "0x0", **query})]

    slots = ["0x" + slot.to_bytes(32, "big").hex() for slot in range(3)]
    assert found() == [100, 101, 102]
    assert found(address=["0x" + first.hex()]) == [100, 102]
    assert found(address=["0x" + first.hex(), "0x" + second.hex()], fromBlock=hex(last - 1)) == [101, 102]
    assert found(topics=[None, slots[1:]]) == [101, 102]
    assert found(topics=["0x" + probe.STORED.hex(), slots[0]]) == [100]
    assert found(topics=[slots[0]]) == []
    assert found(toBlock="earliest") == []
    assert found(fromBlock=hex(last + 5)) == []


def test_a_query_for_too_many_logs_or_blocks_is_refused(direct: Direct, monkeypatch: pytest.MonkeyPatch) -> None:
    target = direct.probe(KEY)
    for slot in range(3):
        direct.send(KEY, probe.call(target, probe.store(slot, slot)))
    direct.mine()
    monkeypatch.setattr(methods, "MAX_LOGS", 2)
    assert "more than 2 results" in direct.fail("eth_getLogs", {"fromBlock": "0x0"})["message"]
    monkeypatch.setattr(methods, "MAX_LOG_BLOCKS", 2)
    assert "exceeds 2 blocks" in direct.fail("eth_getLogs", {"fromBlock": "0x0"})["message"]
    assert direct.fail("eth_getLogs", {"topics": [None] * 5})["code"] == -32602


def test_a_revert_is_answered_with_its_raw_bytes(direct: Direct) -> None:
    target = direct.probe(KEY)
    for method in ("eth_call", "eth_estimateGas"):
        error = direct.fail(method, a_call(target, probe.refuse(b"\xde\xad\xbe\xef" + bytes(32))))
        assert (error["code"], error["data"]) == (3, "0xdeadbeef" + "00" * 32)


def test_an_estimate_is_exactly_the_gas_that_is_used(direct: Direct) -> None:
    target = direct.probe(KEY)
    estimate = int(direct.ask("eth_estimateGas", a_call(target, probe.store(9, 9))), 16)
    sent = direct.send(KEY, probe.call(target, probe.store(9, 9)), gas=estimate)
    direct.mine()
    receipt = direct.ask("eth_getTransactionReceipt", sent)
    assert (receipt["status"], int(receipt["gasUsed"], 16)) == ("0x1", estimate)


def test_a_call_at_an_old_block_sees_its_state_and_its_time(direct: Direct) -> None:
    target = direct.probe(KEY)
    direct.send(KEY, probe.call(target, probe.store(1, 1)))
    old = direct.mine()
    direct.send(KEY, probe.call(target, probe.store(1, 2)))
    direct.mine()
    assert int(direct.ask("eth_call", a_call(target, probe.read(1)), hex(old)), 16) == 1
    then = direct.ask("eth_call", a_call(target, probe.now()), hex(old))
    assert int(then, 16) == int(direct.ask("eth_getBlockByNumber", hex(old))["timestamp"], 16)


def test_a_call_sees_the_hashes_of_the_blocks_before_its_own(direct: Direct) -> None:
    target = direct.probe(KEY)
    last = [direct.mine() for _ in range(3)][-1]
    for number in range(last):
        found = direct.ask("eth_call", a_call(target, probe.hash_of(number)), hex(last))
        assert found == direct.ask("eth_getBlockByNumber", hex(number))["hash"]
    assert int(direct.ask("eth_call", a_call(target, probe.hash_of(last)), hex(last)), 16) == 0


def test_timestamps_increase_strictly(direct: Direct) -> None:
    numbers = [direct.mine() for _ in range(4)]
    times = [int(direct.ask("eth_getBlockByNumber", hex(number))["timestamp"], 16) for number in numbers]
    assert all(later > earlier for earlier, later in pairwise(times))


def test_a_block_waits_for_what_comes_with_its_first_transaction_and_not_for_ever(direct: Direct) -> None:
    target = direct.probe(KEY)
    assert not direct.node.due(60)
    direct.send(KEY, probe.call(target, probe.store(1, 1)))
    assert not direct.node.due(60)
    began, sent = time.monotonic(), 1
    while not direct.node.due(0.2):
        direct.send(KEY, probe.call(target, probe.store(1, sent)))
        sent += 1
        assert time.monotonic() - began < DEADLINE
    assert sent > 1
    header = direct.node.mine()
    assert len(direct.ask("eth_getBlockByNumber", hex(header.block_number))["transactions"]) == sent


def test_what_is_called_again_after_a_block_sees_that_block(direct: Direct) -> None:
    target = direct.probe(KEY)
    call = a_call(target, probe.read(1))
    before = [direct.ask("eth_call", call) for _ in range(2)]
    direct.send(KEY, probe.call(target, probe.store(1, 77)))
    assert direct.ask("eth_call", call) == before[0] == before[1]
    direct.mine()
    assert int(direct.ask("eth_call", call), 16) == 77
    assert direct.ask("eth_call", call, hex(int(direct.ask("eth_blockNumber"), 16) - 1)) == before[0]


def test_account_and_storage_proofs_lead_to_the_state_root(direct: Direct) -> None:
    target = direct.probe(KEY)
    direct.send(KEY, probe.call(target, probe.store(3, 77)))
    block = direct.ask("eth_getBlockByNumber", hex(direct.mine()))
    proof = direct.ask("eth_getProof", "0x" + target.hex(), ["0x3", "0x4"], "latest")

    def value(root: str, key: bytes, nodes: list[str]) -> bytes:
        parsed = [rlp.decode(bytes.fromhex(node[2:])) for node in nodes]
        return bytes(HexaryTrie.get_from_proof(bytes.fromhex(root[2:]), keccak(key), parsed))

    account = rlp.decode(value(block["stateRoot"], target, proof["accountProof"]))
    assert [account[2].hex(), account[3].hex()] == [proof["storageHash"][2:], proof["codeHash"][2:]]
    kept, nothing = proof["storageProof"]
    assert rlp.decode(value(proof["storageHash"], (3).to_bytes(32, "big"), kept["proof"])) == bytes([77])
    assert value(proof["storageHash"], (4).to_bytes(32, "big"), nothing["proof"]) == b""


def test_an_account_that_nobody_ever_touched_is_proven_absent(direct: Direct) -> None:
    direct.probe(KEY)
    nobody = b"n" * 20
    block = direct.ask("eth_getBlockByNumber", "latest", False)
    proof = direct.ask("eth_getProof", "0x" + nobody.hex(), ["0x0"], "latest")
    nodes = [rlp.decode(bytes.fromhex(node[2:])) for node in proof["accountProof"]]
    assert HexaryTrie.get_from_proof(bytes.fromhex(block["stateRoot"][2:]), keccak(nobody), nodes) == b""
    assert (proof["nonce"], proof["balance"], proof["storageProof"][0]["value"]) == ("0x0", "0x0", "0x0")


@pytest.mark.parametrize("slots", [["0x0"] * 1001, [hex(2**256)], ["-0x1"]], ids=["many", "long", "negative"])
def test_slots_that_are_no_words_or_too_many_are_refused(direct: Direct, slots: list[str]) -> None:
    assert direct.fail("eth_getProof", "0x" + "00" * 20, slots, "latest")["code"] == -32602


def test_our_blocks_are_what_an_importing_chain_computes_for_itself(direct: Direct, tmp_path: Path) -> None:
    target = direct.probe(KEY)
    for number in range(140):
        direct.send(KEY, probe.call(target, probe.store(number, number)))
    direct.mine()
    direct.mine()
    with closing(ChainDatabase(tmp_path / "importer.sqlite")) as database:
        importer = Evm(database, CHAIN_ID)
        for number in range(1, int(direct.ask("eth_blockNumber"), 16) + 1):
            with database.block():
                importer._chain.import_block(direct.node.evm.block(number))
        assert importer._chain.get_canonical_head() == direct.node.evm.head()


def test_an_array_that_cannot_be_stored_whole_is_refused_whole(direct: Direct) -> None:
    target = direct.probe(KEY)
    connection = direct.database._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    long = probe.call(target, probe.store(1, 1) + bytes(900))
    raws = [direct.signer.sign(KEY, long, nonce=nonce, gas=GAS).raw for nonce in range(1, 40)]
    calls = [{"id": n, "method": "eth_sendRawTransaction", "params": ["0x" + raw.hex()]} for n, raw in enumerate(raws)]
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    assert all("error" in answer for answer in direct.methods.answer(calls))
    assert (direct.database.pending(), direct.nonce(KEY)) == ([], 1)
    connection.execute("PRAGMA max_page_count = 1000000")
    assert [answer["id"] for answer in direct.methods.answer(calls) if "result" in answer] == list(range(39))
    direct.mine()
    assert direct.nonce(KEY) == 40


def test_a_signature_has_one_form(direct: Direct) -> None:
    """EIP-2: with the other one a stranger could give our transaction a second hash."""
    target = direct.probe(KEY)
    *fields, parity, r, s = rlp.decode(direct.signer.sign(KEY, probe.call(target, b""), nonce=1, gas=GAS).raw[1:])
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    turned = [*fields, b"" if parity else b"\1", r, (order - int.from_bytes(s, "big")).to_bytes(32, "big")]
    assert "invalid" in direct.fail("eth_sendRawTransaction", "0x02" + rlp.encode(turned).hex())["message"]


def test_gas_stays_free_after_full_blocks(direct: Direct) -> None:
    target = direct.probe(KEY)
    sent = [direct.send(KEY, probe.call(target, probe.crash()), gas=10_000_000) for _ in range(4)]
    full = direct.ask("eth_getBlockByNumber", hex(direct.mine()))
    assert (int(full["gasUsed"], 16), len(full["transactions"])) == (evm.BLOCK_GAS, 3)
    last = direct.mine()
    assert direct.ask("eth_getTransactionReceipt", sent[3])["blockNumber"] == hex(last)
    assert direct.ask("eth_feeHistory", "0x4", "latest", [50])["baseFeePerGas"] == ["0x0"] * 5


def test_where_gas_costs_ether_a_poor_sender_is_refused_and_a_rich_one_pays(tmp_path: Path) -> None:
    with closing(Direct(tmp_path / "paid.sqlite", free_gas=False, fund=(account_of(KEY),))) as direct:
        price = 2 * int(direct.ask("eth_gasPrice"), 16)
        assert price > 0
        for key, outcome in ((KEY, None), (OTHER, "insufficient funds")):
            signed = direct.signer.sign(key, probe.creation(), nonce=0, gas=300_000, fees=(price, 0))
            answer = direct.answer("eth_sendRawTransaction", "0x" + signed.raw.hex())
            assert (outcome in answer["error"]["message"]) if outcome else answer["result"] == "0x" + signed.hash.hex()
        direct.mine()
        assert int(direct.ask("eth_getBalance", "0x" + account_of(KEY).hex()), 16) < 10**20


def test_a_fee_history_ends_with_the_next_blocks_base_fee_and_tells_tips_by_gas(tmp_path: Path) -> None:
    with closing(Direct(tmp_path / "paid.sqlite", free_gas=False, fund=(account_of(KEY), account_of(OTHER)))) as direct:
        price = 2 * int(direct.ask("eth_gasPrice"), 16)
        for key, tip in ((KEY, 7), (OTHER, 9)):
            signed = direct.signer.sign(key, probe.creation(), nonce=0, gas=300_000, fees=(price, tip))
            direct.ask("eth_sendRawTransaction", "0x" + signed.raw.hex())
        direct.mine()
        told = direct.ask("eth_feeHistory", "0x2", "latest", [0, 50, 51, 100])
        direct.mine()
        followed = direct.ask("eth_getBlockByNumber", "latest", False)["baseFeePerGas"]
    assert told["oldestBlock"] == "0x0"
    assert told["baseFeePerGas"][2] == followed
    assert told["reward"] == [["0x0"] * 4, ["0x7", "0x7", "0x9", "0x9"]]
    assert [ratio > 0 for ratio in told["gasUsedRatio"]] == [False, True]


@pytest.mark.parametrize("percentiles", [[-1], [101], [50, 40], [50] * 101], ids=["below", "above", "falling", "many"])
def test_percentiles_that_make_no_sense_are_refused(direct: Direct, percentiles: list[int]) -> None:
    assert direct.fail("eth_feeHistory", "0x1", "latest", percentiles)["code"] == -32602


@pytest.mark.parametrize("kind", [0, 1, 2, 4])
def test_every_kind_of_transaction_without_blobs_is_mined_and_rendered(direct: Direct, kind: int) -> None:
    target = direct.probe(OTHER)
    fields: dict[str, Any] = {"nonce": 0, "gas": 300_000, "to": target, "data": probe.store(1, 1), "chainId": CHAIN_ID}
    fees = {"gasPrice": 0} if kind < 2 else {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
    if kind:
        fields |= {"type": kind, "accessList": [{"address": target, "storageKeys": ["0x" + "00" * 32]}]}
    if kind == 4:
        fields["authorizationList"] = [
            Account.sign_authorization({"chainId": CHAIN_ID, "address": target, "nonce": 0}, a_key(3))
        ]
    sent = direct.ask(
        "eth_sendRawTransaction", Account.sign_transaction(fields | fees, KEY).raw_transaction.to_0x_hex()
    )
    waiting = direct.ask("eth_getTransactionByHash", sent)
    direct.mine()
    mined = direct.ask("eth_getTransactionByHash", sent)
    assert waiting["blockHash"] is None
    assert (mined["type"], mined["hash"], len(mined.get("accessList", []))) == (hex(kind), sent, int(kind > 0))
    assert direct.ask("eth_getTransactionReceipt", sent)["status"] == "0x1"


# What is refused, and what must not stop the chain.


def test_a_transaction_is_refused_for_its_chain_its_nonce_its_gas_or_its_signature(direct: Direct) -> None:
    target = direct.probe(KEY)
    call = probe.call(target, probe.store(1, 1))
    elsewhere = Direct(Path(":memory:"), chain_id=1).signer.sign(KEY, call, nonce=1, gas=300_000).raw
    wanted = {
        "chain id": elsewhere,
        "nonce too low": direct.signer.sign(KEY, call, nonce=0, gas=300_000).raw,
        "intrinsic gas": direct.signer.sign(KEY, call, nonce=1, gas=21_000).raw,
        "gas limit": direct.signer.sign(KEY, call, nonce=1, gas=evm.BLOCK_GAS + 1).raw,
        "initcode": direct.signer.sign(KEY, Creation(payload=bytes(49_153)), nonce=1, gas=5_000_000).raw,
        "invalid transaction": elsewhere[:-1],
    }
    for reason, raw in wanted.items():
        assert reason in direct.fail("eth_sendRawTransaction", "0x" + raw.hex())["message"]
    sent = direct.signer.sign(KEY, call, nonce=1, gas=300_000).raw
    direct.ask("eth_sendRawTransaction", "0x" + sent.hex())
    assert direct.fail("eth_sendRawTransaction", "0x" + sent.hex())["message"] == "already known"


def test_a_poisonous_transaction_is_dropped_and_those_around_it_are_mined(tmp_path: Path) -> None:
    with closing(Direct(tmp_path / "chain.sqlite")) as direct:
        target = direct.probe(OTHER)
        before = direct.send(OTHER, probe.call(target, probe.store(1, 1)))
        poison = direct.signer.sign(KEY, Creation(payload=bytes(50_000)), nonce=0, gas=10_000_000)
        direct.database.keep_pending(poison.hash, account_of(KEY), 0, poison.raw)
    with closing(Direct(tmp_path / "chain.sqlite")) as direct:
        after = direct.send(a_key(3), probe.call(target, probe.store(2, 2)))
        first, second = direct.mine(), direct.mine()
        found = [direct.ask("eth_getTransactionReceipt", one)["blockNumber"] for one in (before, after)]
        assert found == [hex(first), hex(second)]
        assert int(direct.ask("eth_call", a_call(target, probe.read(1))), 16) == 1
        assert direct.ask("eth_getTransactionByHash", "0x" + poison.hash.hex()) is None
        assert direct.database.pending() == []
        assert direct.send(KEY, probe.creation(), nonce=0)


def test_two_transfers_that_are_payable_only_one_by_one_do_not_stop_the_chain(tmp_path: Path) -> None:
    with closing(Direct(tmp_path / "chain.sqlite", fund=(account_of(KEY),))) as direct:
        fields = {"gas": 21_000, "to": bytes(19) + b"\x99", "value": 6 * 10**19, "chainId": CHAIN_ID, "gasPrice": 0}
        for nonce in (0, 1):
            signed = Account.sign_transaction({**fields, "nonce": nonce}, KEY)
            direct.ask("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
        direct.mine()
        assert int(direct.ask("eth_getBalance", "0x" + "00" * 19 + "99"), 16) == 6 * 10**19
        assert not direct.node.mempool.ready()
        assert direct.mine()


def test_a_transaction_with_a_gap_before_it_waits_and_does_not_hurry_blocks(direct: Direct) -> None:
    late = direct.send(KEY, probe.creation(), nonce=1)
    assert not direct.node.mempool.ready()
    direct.mine()
    assert direct.ask("eth_getTransactionReceipt", late) is None
    direct.send(KEY, probe.creation(), nonce=0)
    assert direct.node.mempool.ready()
    direct.mine()
    assert direct.ask("eth_getTransactionReceipt", late)["status"] == "0x1"


def test_malformed_calls_are_answered_with_errors(direct: Direct) -> None:
    codes: dict[int, dict[str, Any]] = {
        -32601: {"method": "debug_traceCall"},
        -32602: {"method": "eth_getBalance", "params": ["0x12"]},
        -32600: {"method": "eth_getBalance", "params": {"a": 1}},
    }
    for code, call in codes.items():
        assert direct.methods.answer({"jsonrpc": "2.0", "id": 5, **call})["error"]["code"] == code
    account = "0x" + "00" * 20
    wrong: list[list[Any]] = [
        [],
        ["0x"],
        [7],
        [{"a": []}],
        ["0x" + "zz" * 20],
        [account, []],
        [account, "x"],
        [account] * 3,
    ]
    for parameters in wrong:
        assert "error" in direct.answer("eth_getBalance", *parameters)
    assert "error" in direct.answer("eth_getStorageAt", "0x" + "00" * 20, hex(2**256))
    assert direct.methods.answer([])["error"]["code"] == -32600
    batch = direct.methods.answer([{"id": 1, "method": "eth_chainId"}, 7, {"id": 3, "method": "net_version"}])
    assert [one.get("result") for one in batch] == [hex(CHAIN_ID), None, str(CHAIN_ID)]


# Durability.


def test_a_reopened_chain_has_its_blocks_and_its_waiting_transactions(tmp_path: Path) -> None:
    with closing(Direct(tmp_path / "chain.sqlite")) as direct:
        target = direct.probe(KEY)
        head = direct.ask("eth_getBlockByNumber", "latest")
        waiting = direct.send(KEY, probe.call(target, probe.store(2, 5)))
    with closing(Direct(tmp_path / "chain.sqlite")) as direct:
        assert direct.ask("eth_getBlockByNumber", "latest") == head
        direct.mine()
        assert direct.ask("eth_getTransactionReceipt", waiting)["status"] == "0x1"


def test_genesis_is_the_same_at_every_start_and_differs_between_chain_ids(tmp_path: Path) -> None:
    hashes = []
    for name, chain_id in (("a", 1), ("b", 1), ("c", 2)):
        with closing(Direct(tmp_path / name, chain_id=chain_id)) as direct:
            hashes.append(direct.ask("eth_getBlockByNumber", "earliest")["hash"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_database_of_another_chain_is_refused(tmp_path: Path) -> None:
    Direct(tmp_path / "chain.sqlite", chain_id=1).close()
    with closing(ChainDatabase(tmp_path / "chain.sqlite")) as database, pytest.raises(DatabaseMismatchError):
        Evm(database, 2)


def test_a_block_that_does_not_fit_on_the_disk_leaves_its_parent_as_head_and_is_made_later(direct: Direct) -> None:
    target = direct.probe(KEY)
    head = direct.ask("eth_blockNumber")
    sent = [direct.send(KEY, probe.call(target, probe.store(slot, slot + 1))) for slot in range(20)]
    connection = direct.database._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError):
        direct.node.mine()
    assert direct.ask("eth_blockNumber") == head
    connection.execute("PRAGMA max_page_count = 1000000")
    direct.mine()
    assert all(direct.ask("eth_getTransactionReceipt", one)["status"] == "0x1" for one in sent)
