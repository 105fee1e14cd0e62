"""Blocks, transactions, receipts and logs as the JSON of the Ethereum execution API."""

from typing import Any

import rlp
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from eth_utils.hexadecimal import encode_hex

from ledger.embedded.database import LogRow
from ledger.embedded.evm import Evm

Json = Any


def block(header: Any, transactions: list[Json], size: int) -> Json:
    """A block with its transactions, rendered or as hashes; ``size`` in bytes."""
    return {
        "number": hex(header.block_number),
        "hash": encode_hex(header.hash),
        "parentHash": encode_hex(header.parent_hash),
        "sha3Uncles": encode_hex(header.uncles_hash),
        "miner": to_checksum_address(header.coinbase),
        "stateRoot": encode_hex(header.state_root),
        "transactionsRoot": encode_hex(header.transaction_root),
        "receiptsRoot": encode_hex(header.receipt_root),
        "logsBloom": encode_hex(header.bloom.to_bytes(256, "big")),
        "difficulty": hex(header.difficulty),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "extraData": encode_hex(header.extra_data),
        "mixHash": encode_hex(header.mix_hash),
        "nonce": encode_hex(header.nonce),
        "baseFeePerGas": hex(header.base_fee_per_gas),
        "withdrawalsRoot": encode_hex(header.withdrawals_root),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "parentBeaconBlockRoot": encode_hex(header.parent_beacon_block_root),
        "requestsHash": encode_hex(header.requests_hash),
        "size": hex(size),
        "uncles": [],
        "withdrawals": [],
        "transactions": transactions,
    }


def transaction(signed: Any, chain_id: int, header: Any = None, index: int | None = None) -> Json:
    """A signed transaction; one that waits in the mempool has no header and no index."""
    kind = getattr(signed, "type_id", None) or 0
    rendered: dict[str, Json] = {
        "hash": encode_hex(signed.hash),
        "type": hex(kind),
        "nonce": hex(signed.nonce),
        "from": to_checksum_address(signed.sender),
        "to": to_checksum_address(signed.to) if signed.to else None,
        "value": hex(signed.value),
        "gas": hex(signed.gas),
        "gasPrice": hex(signed.max_fee_per_gas if header is None else _price(signed, header)),
        "input": encode_hex(signed.data),
        "chainId": hex(chain_id),
        "blockHash": None if header is None else encode_hex(header.hash),
        "blockNumber": None if header is None else hex(header.block_number),
        "transactionIndex": None if index is None else hex(index),
        "r": hex(signed.r),
        "s": hex(signed.s),
        "v": hex(signed.y_parity if kind else signed.v),
    }
    if kind:
        rendered |= {"yParity": hex(signed.y_parity), "accessList": [_access(entry) for entry in signed.access_list]}
    if kind > 1:
        fees = (hex(signed.max_fee_per_gas), hex(signed.max_priority_fee_per_gas))
        rendered |= {"maxFeePerGas": fees[0], "maxPriorityFeePerGas": fees[1]}
    return rendered


def receipts(evm: Evm, header: Any, rows: list[LogRow]) -> list[Json]:
    """All receipts of a block; ``rows`` are its logs."""
    rendered, before = [], 0
    for index, (signed, receipt) in enumerate(zip(evm.transactions(header), evm.receipts(header), strict=True)):
        created = None if signed.to else keccak(rlp.encode([signed.sender, signed.nonce]))[12:]
        rendered.append(
            {
                "transactionHash": encode_hex(signed.hash),
                "transactionIndex": hex(index),
                "blockHash": encode_hex(header.hash),
                "blockNumber": hex(header.block_number),
                "from": to_checksum_address(signed.sender),
                "to": to_checksum_address(signed.to) if signed.to else None,
                "type": hex(getattr(signed, "type_id", None) or 0),
                "status": hex(int(receipt.state_root == b"\x01")),
                "gasUsed": hex(receipt.gas_used - before),
                "cumulativeGasUsed": hex(receipt.gas_used),
                "effectiveGasPrice": hex(_price(signed, header)),
                "contractAddress": None if created is None else to_checksum_address(created),
                "logsBloom": encode_hex(receipt.bloom.to_bytes(256, "big")),
                "logs": [log(row, header.hash) for row in rows if row[2] == index],
            }
        )
        before = receipt.gas_used
    return rendered


def log(row: LogRow, block_hash: bytes) -> Json:
    """A log from the index."""
    return {
        "address": to_checksum_address(row[4]),
        "topics": [encode_hex(topic) for topic in row[5:9] if topic is not None],
        "data": encode_hex(row[9]),
        "blockNumber": hex(row[0]),
        "blockHash": encode_hex(block_hash),
        "transactionHash": encode_hex(row[3]),
        "transactionIndex": hex(row[2]),
        "logIndex": hex(row[1]),
        "removed": False,
    }


def _price(signed: Any, header: Any) -> int:
    base = int(header.base_fee_per_gas)
    return min(int(signed.max_fee_per_gas), base + int(signed.max_priority_fee_per_gas))


def _access(entry: Any) -> Json:
    address, slots = entry
    keys = [encode_hex(slot.to_bytes(32, "big")) for slot in slots]
    return {"address": to_checksum_address(address), "storageKeys": keys}
