import socket
from contextlib import closing

import pytest
from eth_utils.abi import function_signature_to_4byte_selector

from ledger import bindings
from ledger.chain import Chain, account_of
from ledger.embedded.server import EmbeddedServer
from ledger.errors import LedgerError, RevertedError, UnavailableError, WrongChainError
from ledger.types import Transaction
from protocol.ids import Address
from tests.ledger import probe
from tests.ledger.places import CHAIN_ID, GAS, Way, a_key, deploy, mine, receipt_of

pytestmark = pytest.mark.slow

KEY = a_key(1)
ME = account_of(KEY)


def test_a_transaction_is_signed_offline_sent_and_found_again(chain: Chain) -> None:
    chain.verify()
    target = deploy(chain, KEY)
    call = probe.call(target, probe.store(4, 44))
    estimate = chain.estimate(ME, call)
    signed = chain.sign(KEY, call, nonce=chain.nonce(ME), gas=estimate, fees=chain.fees())
    assert signed == chain.sign(KEY, call, nonce=chain.nonce(ME), gas=estimate)
    chain.send(signed.raw)
    assert chain.receipt(signed.hash) is None
    number = mine(chain)

    receipt, head = receipt_of(chain, signed.hash), chain.head()
    assert (receipt.block, receipt.block_hash, receipt.status, receipt.gas_used) == (number, head.hash, True, estimate)
    assert chain.block(number) == head
    assert chain.block(number + 1) is None
    assert int.from_bytes(chain.call(target, probe.read(4)), "big") == 44
    assert int.from_bytes(chain.call(target, probe.read(4), block=number - 1), "big") == 0
    (log,) = receipt.logs
    assert (log.address, log.topics, log.payload) == (
        target,
        (probe.STORED, (4).to_bytes(32, "big")),
        (44).to_bytes(32, "big"),
    )
    assert chain.logs(0, number, [target]) == (log,) == chain.logs(0, number, [], topics=[None, [log.topics[1]]])
    assert chain.logs(0, number, [target], topics=[[bytes(32)]]) == ()
    assert (chain.nonce(ME), chain.nonce(ME, block=number - 1), chain.balance(ME)) == (2, 1, 0)


def test_a_refusal_has_the_name_and_values_that_our_contracts_declare(chain: Chain) -> None:
    target = deploy(chain, KEY)
    selector, (name, types) = next(
        (selector, error) for selector, error in bindings.ERRORS["Orders"].items() if error[1] == ("uint256",)
    )
    assert selector == function_signature_to_4byte_selector(f"{name}({','.join(types)})")
    for ask in (
        lambda: chain.call(target, probe.refuse(selector + (9).to_bytes(32, "big"))),
        lambda: chain.estimate(ME, probe.call(target, probe.refuse(selector + (9).to_bytes(32, "big")))),
    ):
        with pytest.raises(RevertedError) as caught:
            ask()
        assert (caught.value.contract, caught.value.name, caught.value.arguments) == ("Orders", name, (9,))
    with pytest.raises(RevertedError):
        chain.call(target, probe.refuse(b""))


def test_a_contract_cannot_make_us_look_up_an_address_of_its_choice(chain: Chain) -> None:
    """EIP-3668: a client that obeyed would fetch from the listener below."""
    target = deploy(chain, KEY)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/{{sender}}/{{data}}".encode()
        words = [int.from_bytes(target, "big"), 160, 288, 0, 320, 1, 32, len(url)]
        body = b"".join(word.to_bytes(32, "big") for word in words) + url.ljust(64, b"\0") + bytes(64)
        with pytest.raises(RevertedError):
            chain.call(target, probe.refuse(bytes.fromhex("556f1830") + body))
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_sending_the_same_bytes_again_is_accepted_before_and_after_they_are_mined(chain: Chain) -> None:
    target = deploy(chain, KEY)
    signed = chain.sign(KEY, probe.call(target, probe.store(1, 1)), nonce=1, gas=GAS)
    chain.send(signed.raw)
    chain.send(signed.raw)
    mine(chain)
    chain.send(signed.raw)
    assert chain.nonce(ME) == 2
    with pytest.raises(LedgerError, match="nonce too low") as caught:
        chain.send(chain.sign(KEY, probe.call(target, probe.store(1, 2)), nonce=1, gas=GAS).raw)
    assert not isinstance(caught.value, UnavailableError)


def test_another_chain_is_noticed(served: EmbeddedServer) -> None:
    with pytest.raises(WrongChainError) as caught:
        Chain(served.url, 1).verify()
    assert (caught.value.expected, caught.value.found) == (1, CHAIN_ID)


def test_an_endpoint_that_is_away_is_unavailable() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UnavailableError):
        Chain(f"http://127.0.0.1:{port}", CHAIN_ID).verify()


def test_an_endpoint_that_is_silent_is_unavailable_after_the_timeout() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UnavailableError):
            Chain(url, CHAIN_ID, timeout=0.2).head()


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"result": None},
        {"result": "fish"},
        {"result": {"number": "0x1"}},
        {"result": [1]},
        {"error": {"code": -32005, "message": "limit exceeded"}},
        {"error": 7},
    ],
)
def test_an_endpoint_that_talks_nonsense_or_is_busy_is_unavailable(served: EmbeddedServer, answer: object) -> None:
    with closing(Way(served.url)) as way:
        way.replace["eth_getBlockByNumber"] = answer
        with pytest.raises(UnavailableError):
            Chain(way.url, CHAIN_ID).head()


@pytest.mark.parametrize("code", [-32601, -32004], ids=["JSON-RPC", "EIP-1474"])
def test_receipts_are_fetched_one_by_one_where_the_endpoint_cannot_tell_a_whole_block(
    served: EmbeddedServer, code: int
) -> None:
    with closing(Way(served.url)) as way:
        chain = Chain(way.url, CHAIN_ID)
        way.upstream = served.url
        deploy(Chain(served.url, CHAIN_ID), KEY)
        whole = chain.raw_receipts(1)
        way.replace["eth_getBlockReceipts"] = {"error": {"code": code, "message": "no such method"}}
        assert chain.raw_receipts(1) == whole
        assert len(whole) == 1


def test_a_password_in_the_address_is_for_the_endpoint_and_nobody_else(chain: Chain) -> None:
    there = chain.url.removeprefix("http://")
    Chain(f"http://ann:secret@{there}", CHAIN_ID).verify()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = Chain(f"http://ann:secret@127.0.0.1:{closed.getsockname()[1]}", CHAIN_ID)
        with pytest.raises(UnavailableError, match=r"http://127\.0\.0\.1:\d+ does not answer") as refused:
            away.verify()
    assert "secret" not in str(refused.value)


def test_an_unknown_contract_answers_a_call_with_nothing(chain: Chain) -> None:
    nobody = Transaction(to=Address(bytes(20)), payload=b"\1\2\3\4")
    assert chain.call(nobody.to, nobody.payload) == b""
