"""What recent blocks took for gas (``eth_feeHistory``), so that a wallet can offer what the next one will want."""

from collections.abc import Sequence
from typing import Any

from ledger.embedded.errors import BAD_PARAMETERS, RpcError
from ledger.embedded.evm import Evm

MAX_BLOCKS = 1_024
"""Blocks in one history, as in geth."""

MAX_PERCENTILES = 100
"""Percentiles in one history, as in geth."""

Json = Any


def history(evm: Evm, count: int, newest: Any, percentiles: Sequence[float]) -> Json:
    """Base fees of ``count`` blocks up to the header ``newest`` and of the one after, fullness, and tips by percentile.

    Raises:
        RpcError: percentiles that are too many, out of range or do not rise.
    """
    if len(percentiles) > MAX_PERCENTILES or any(not 0 <= one <= 100 for one in percentiles):  # per cent
        raise RpcError(BAD_PARAMETERS, f"at most {MAX_PERCENTILES} percentiles, each from 0 to 100")
    if list(percentiles) != sorted(percentiles):
        raise RpcError(BAD_PARAMETERS, "percentiles rise")
    first = max(0, newest.block_number - min(max(count, 1), MAX_BLOCKS) + 1)
    headers = [evm.header(number) for number in range(first, newest.block_number + 1)]
    told = {
        "oldestBlock": hex(first),
        "baseFeePerGas": [*(hex(header.base_fee_per_gas) for header in headers), hex(evm.next_base_fee(newest))],
        "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
    }
    return {**told, "reward": [_tips(evm, header, percentiles) for header in headers]} if percentiles else told


def _tips(evm: Evm, header: Any, percentiles: Sequence[float]) -> list[str]:
    """The tip at each percentile of the block's gas, the cheapest gas first; zero in an empty block."""
    offered, before = [], 0
    for signed, receipt in zip(evm.transactions(header), evm.receipts(header), strict=True):
        tip = min(signed.max_priority_fee_per_gas, signed.max_fee_per_gas - header.base_fee_per_gas)
        offered.append((int(tip), int(receipt.gas_used) - before))
        before = int(receipt.gas_used)
    offered.sort()
    return [hex(_tip_at(offered, before * percentile / 100)) for percentile in percentiles]


def _tip_at(offered: list[tuple[int, int]], threshold: float) -> int:
    covered = 0
    for tip, gas in offered:
        covered += gas
        if covered >= threshold:
            return tip
    return 0
