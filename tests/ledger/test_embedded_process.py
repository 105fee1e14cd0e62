import http.client
import json
import random
import subprocess
import sys
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from ledger.chain import Chain, Head, account_of
from ledger.embedded.evm import BLOCK_GAS
from ledger.embedded.server import MAX_BODY, EmbeddedServer
from ledger.errors import LedgerError, UnavailableError
from ledger.types import Transaction
from protocol.ids import Address
from tests.ledger import probe
from tests.ledger.places import CHAIN_ID, GAS, SERVE, EmbeddedProcess, a_key, deploy, mine, receipt_of, until

pytestmark = pytest.mark.slow

ROUNDS = 2
KEYS = [a_key(number) for number in range(4)]


class Customer:
    """Sends without pause, and remembers what it was told is so; what it is not sure of it sends again."""

    def __init__(self, chain: Chain, target: Address) -> None:
        self._chain = chain
        self._target = target
        self.nonces = dict.fromkeys(KEYS, 0)
        self.accepted: list[bytes] = []
        self.heads: list[Head] = []

    def send_one_each(self) -> None:
        for key, nonce in self.nonces.items():
            call = probe.call(self._target, probe.store(nonce, 1))
            signed = self._chain.sign(key, call, nonce=nonce, gas=GAS)
            self._chain.send(signed.raw)
            self.accepted.append(signed.hash)
            self.nonces[key] += 1

    def send_until_it_dies(self) -> None:
        try:
            while True:
                self.send_one_each()
                self.heads.append(self._chain.head())
        except UnavailableError:
            return


def test_killed_in_the_middle_of_its_work_the_chain_loses_no_accepted_transaction_and_no_block(
    process: EmbeddedProcess,
) -> None:
    process.start()
    chain = Chain(process.url, CHAIN_ID)
    customer = Customer(chain, deploy(chain, a_key(99)))
    process.kill()
    process.block_seconds = 0.02
    moments = random.Random(8)
    for _ in range(ROUNDS):
        process.start()
        sending = threading.Thread(target=customer.send_until_it_dies)
        goal = len(customer.accepted) + moments.randrange(5, 80)
        sending.start()
        until(partial(_accepted, customer, goal), "the round's transactions")
        process.kill()
        sending.join()
    process.start()
    customer.send_one_each()  # whatever the last round was not told is sent again
    until(lambda: all(chain.nonce(account_of(key)) == nonce for key, nonce in customer.nonces.items()), "the rest")
    receipts = [chain.receipt(sent) for sent in customer.accepted]
    assert all(receipt is not None and receipt.status for receipt in receipts)
    assert all(chain.block(head.number) == head for head in customer.heads)
    logs = chain.logs(0, chain.head().number, [])
    assert sorted(log.transaction for log in logs) == sorted(customer.accepted)


def test_killed_in_the_middle_of_a_block_the_chain_keeps_all_that_it_acknowledged() -> None:
    command = [sys.executable, "-m", "tests.ledger.crash", "--rounds=30"]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert killed.returncode == 0, killed.stderr
    assert killed.stdout.startswith("30 kills, ")
    assert killed.stdout.endswith(" 0 lost\n")


def _accepted(customer: Customer, goal: int) -> bool:
    return len(customer.accepted) >= goal


def test_ledger_time_runs_with_ours_under_load_and_moves_on_without(process: EmbeddedProcess) -> None:
    process.block_seconds = 0.05
    process.start()
    chain = Chain(process.url, CHAIN_ID)
    nonce, ahead, heads = 0, 0.0, set()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        chain.send(chain.sign(KEYS[0], probe.creation(), nonce=nonce, gas=GAS).raw)
        nonce += 1
        head = chain.head()
        heads.add(head)
        ahead = max(ahead, head.timestamp - time.time())
    assert ahead <= 1
    assert len(heads) >= 3
    until(lambda: chain.nonce(account_of(KEYS[0])) == nonce, "the load")
    still = chain.head().number
    until(lambda: chain.head().number > still, "an empty block")


def test_a_polite_end_is_an_end_with_code_zero_and_a_second_process_is_refused(
    process: EmbeddedProcess, tmp_path: Path
) -> None:
    process.start()
    command = [*SERVE, str(tmp_path / "chain.sqlite")]
    second = subprocess.run([*command, "--port=0"], capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 2
    assert "locked" in second.stderr
    assert process.stop() == 0
    wrong = subprocess.run([*command, "--chain-id=1"], capture_output=True, text=True, timeout=60, check=False)
    assert wrong.returncode == 2
    assert f"guildmark/{CHAIN_ID}, not chain 1" in wrong.stderr


@pytest.mark.parametrize("account", ["0x12", "fish"])
def test_an_account_to_fund_that_is_none_is_wrong_use(tmp_path: Path, account: str) -> None:
    command = [*SERVE, str(tmp_path / "chain.sqlite"), "--fund", account]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert "40 hexadecimal digits" in refused.stderr
    assert not (tmp_path / "chain.sqlite").exists()


def _post(served: EmbeddedServer, body: bytes, **headers: str) -> tuple[int, bytes]:
    host, port = served.url.removeprefix("http://").split(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=10)) as connection:
        connection.putrequest("POST", "/", skip_host="Host" in headers)
        named = {"Content-Length": str(len(body)), **headers}
        for name, value in named.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_only_local_programs_are_answered_and_only_bodies_of_honest_size(served: EmbeddedServer) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}).encode()
    assert _post(served, body)[0] == 200
    assert _post(served, body, Host="localhost")[0] == 200
    assert _post(served, body, Host="evil.example:80")[0] == 403
    assert _post(served, body, Origin="http://evil.example")[0] == 403
    assert _post(served, b"", **{"Content-Length": str(MAX_BODY + 1)})[0] == 413
    assert _post(served, b"", **{"Content-Length": "-1"})[0] == 411


def test_what_is_not_json_is_answered_with_an_error(served: EmbeddedServer) -> None:
    for body in (b"", b"{", b"7", b"\xff\xfe", b"[" * 100_000):
        status, answer = _post(served, body)
        assert (status, "error" in json.loads(answer)) == (200, True)


def test_many_threads_share_one_client(served: EmbeddedServer) -> None:
    chain = Chain(served.url, CHAIN_ID)
    failures: list[LedgerError] = []

    def ask() -> None:
        try:
            for _ in range(20):
                chain.head()
        except LedgerError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_contracts_that_call_each_other_to_the_limit_do_not_break_the_process(served: EmbeddedServer) -> None:
    chain = Chain(served.url, CHAIN_ID)
    created = chain.sign(KEYS[0], probe.endless(), nonce=0, gas=GAS)
    chain.send(created.raw)
    mine(chain)
    target = receipt_of(chain, created.hash).contract
    assert target is not None
    deep = chain.sign(KEYS[0], Transaction(to=target, payload=b""), nonce=1, gas=BLOCK_GAS)
    chain.send(deep.raw)
    mine(chain)
    assert receipt_of(chain, deep.hash).gas_used > 21_000 + 500 * 115  # a level takes 115 gas, and a 64th stays with it
    assert chain.call(target, b"") == b""
