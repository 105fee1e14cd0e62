"""Which rule pack was in force when an order was opened; refuses to guess one that the ledger does not show."""

from dataclasses import dataclass

from ledger.rules import Rules
from ledger.types import Reads
from protocol.errors import RejectError
from protocol.ids import Address, Digest
from protocol.rules import RulePack


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """The chain as it was after one block."""

    chain: Reads
    block: int

    def call(self, to: Address, payload: bytes, *, block: int | None = None, sender: Address | None = None) -> bytes:
        return self.chain.call(to, payload, block=self.block if block is None else block, sender=sender)


def pack_at(chain: Reads, rules: Rules, *, digest: Digest, block: int) -> RulePack:
    """The pack with ``digest`` that was in force in ``block``.

    The pack in force now is tried first: an endpoint without history can then answer for all orders since the last
    change. For older ones it must keep the state of their blocks.

    Raises:
        RejectError: no pack with that digest was in force then.
        LedgerError: the endpoint does not answer, or does not keep that block's state.
    """
    # A pack may have been adopted in the order's own block, after the order.
    for view in (chain, _At(chain=chain, block=block), _At(chain=chain, block=block - 1)):
        pack = rules.pack(view)
        if pack.digest == digest:
            return pack
    raise RejectError(f"rule pack {digest.hex()[:8]} was not in force in block {block}")
