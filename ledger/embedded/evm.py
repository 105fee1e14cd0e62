"""Execution: the canonical chain on py-evm (Prague), behind the few operations that the JSON-RPC needs.

With ``block.py`` the only module that knows py-evm's chain and VM: another EVM replaces these two.
"""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from eth.chains.base import MiningChain
from eth.constants import POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE, ZERO_ADDRESS
from eth.exceptions import CanonicalHeadNotFound, HeaderNotFound, Revert, TransactionNotFound
from eth.vm.chain_context import ChainContext
from eth.vm.forks import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode as abi_decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from ledger.embedded.block import Filling, PoisonError
from ledger.embedded.database import ChainDatabase
from ledger.embedded.errors import BAD_PARAMETERS, REVERTED, SERVER, DatabaseMismatchError, RpcError
from ledger.embedded.tries import list_trie

GAS_LIMIT = 60_000_000
"""In the header of a block; the mainnet's order of magnitude."""

BLOCK_GAS = GAS_LIMIT // 2
"""What is really put into a block, and so the most for a transaction: above its target EIP-1559 raises the base fee,
also one of zero, and zero is what makes gas free."""

GENESIS_TIME = 1_700_000_000
"""Fixed, so that every genesis with the same chain id and accounts is the same block."""

BLOB_TYPE = 3
"""EIP-4844; this chain keeps no blobs and takes none."""

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Of secp256k1, the most that ``s`` may be (EIP-2): otherwise anybody can give a transaction a second hash. py-evm
checks it for untyped transactions only."""

_ERROR_SELECTOR = bytes.fromhex("08c379a0")
"""Solidity's ``Error(string)``."""

_TOLERANCE = 64
"""Gas that an estimate may be too high by, at least; geth's 1.5 % above that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call that is executed without being sent."""

    sender: bytes
    to: bytes
    payload: bytes
    value: int
    gas: int


class Evm:
    """One canonical chain; not thread-safe, callers hold a lock."""

    def __init__(
        self, database: ChainDatabase, chain_id: int, *, balances: dict[bytes, int] | None = None, free_gas: bool = True
    ) -> None:
        """Open the chain in ``database``, or begin it; ``balances`` and ``free_gas`` count at its beginning only.

        Raises:
            DatabaseMismatchError: the database holds the chain of another id.
        """
        self.chain_id = chain_id
        self._database = database
        kind = _chain_class(chain_id)
        try:
            self._chain: Any = kind(database)
        except (HeaderNotFound, CanonicalHeadNotFound):
            genesis = _genesis(chain_id, free_gas=free_gas)
            with database.block():
                self._chain = kind.from_genesis(database, genesis, _accounts(balances or {}))
        found = bytes(self.header(0).extra_data)
        if found != _mark(chain_id):
            raise DatabaseMismatchError(f"the database holds {found.decode(errors='replace')}, not chain {chain_id}")
        self._builder = PragueVM.get_transaction_builder()
        self._head: Any = self._chain.get_canonical_head()
        self._head_state: Any = None

    # The chain.

    def head(self) -> Any:
        """Header of the latest block."""
        return self._head

    def head_state(self) -> Any:
        """World state after the latest block, for reading; kept until the next block, with what was read of it."""
        if self._head_state is None:
            self._head_state = self.state(self._head)
        return self._head_state

    def header(self, number: int) -> Any:
        """Header of a block.

        Raises:
            RpcError: there is none.
        """
        try:
            return self._chain.get_canonical_block_header_by_number(number)
        except HeaderNotFound as error:
            raise RpcError(SERVER, f"block {number} not found") from error

    def header_by_hash(self, block_hash: bytes) -> Any:
        """Header of a block by its hash; here every block is canonical.

        Raises:
            RpcError: there is none.
        """
        try:
            return self._chain.get_block_header_by_hash(block_hash)
        except HeaderNotFound as error:
            raise RpcError(SERVER, "block not found") from error

    def next_base_fee(self, header: Any) -> int:
        """Wei for each gas of the block after ``header`` (EIP-1559)."""
        return int(self._next_header(header, header.timestamp).base_fee_per_gas)

    def state(self, header: Any) -> Any:
        """World state after a block; the hashes of those before it are looked up when a contract asks for them."""
        before = PragueVM.get_prev_hashes(header.parent_hash, self._chain.chaindb)
        return PragueVM.build_state(self._database, header, ChainContext(self.chain_id), before)

    def block(self, number: int) -> Any:
        """A whole block, as another chain would import it."""
        return self._chain.get_canonical_block_by_number(number)

    def transactions(self, header: Any) -> tuple[Any, ...]:
        """Transactions of a block."""
        return tuple(self._chain.chaindb.get_block_transactions(header, self._builder))

    def receipts(self, header: Any) -> tuple[Any, ...]:
        """Receipts of a block."""
        return tuple(self._chain.chaindb.get_receipts(header, PragueVM.get_receipt_builder()))

    def find(self, tx_hash: bytes) -> tuple[Any, int] | None:
        """Header and index of a mined transaction."""
        try:
            number, index = self._chain.chaindb.get_transaction_index(tx_hash)
        except TransactionNotFound:
            return None
        return self.header(number), index

    # Transactions.

    def decode(self, raw: bytes) -> Any:
        """A signed transaction, checked as far as no state is needed.

        Raises:
            RpcError: malformed, badly signed, of a kind that is not taken, or for another chain.
        """
        try:
            transaction = self._builder.decode(raw)
            transaction.validate()
            if transaction.s > _HALF_ORDER:
                raise ValidationError("its signature has a high s")  # noqa: TRY301  # the gate below words it
            _ = transaction.sender  # recovered from the signature, and kept
        except Exception as error:  # the gate: bytes in, transaction or verdict out
            raise RpcError(BAD_PARAMETERS, f"invalid transaction: {error}") from error
        if getattr(transaction, "chain_id", None) != self.chain_id:
            raise RpcError(SERVER, f"invalid chain id for signer: want {self.chain_id}")
        if getattr(transaction, "type_id", None) == BLOB_TYPE:
            raise RpcError(SERVER, "transaction type not supported: blobs are not kept here")
        return transaction

    def produce(self, queues: Iterable[list[Any]], now: int) -> tuple[Any, list[bytes]]:
        """Build, execute and store the next block.

        Args:
            queues: for each sender its transactions sorted by nonce.
            now: wall time; the block is dated at least one second after its parent.

        Returns:
            The header, and the hashes that have left the mempool: mined, overtaken or not executable.
        """
        parent = self.head()
        header = self._next_header(parent, now).copy(coinbase=ZERO_ADDRESS, mix_hash=keccak(parent.hash))
        poison: list[bytes] = []
        while True:
            try:
                return self._seal(header, queues, poison)
            except PoisonError as error:
                # The EVM cannot undo half a transaction: begin again with those before it; the others wait.
                poison.append(error.hash)
                queues = [error.sound]

    def _seal(self, header: Any, queues: Iterable[list[Any]], poison: list[bytes]) -> tuple[Any, list[bytes]]:
        with self._database.block() as rows:
            rows.settled.extend(poison)
            vm = self._chain.get_vm(header)
            filling = Filling(vm, header, rows, room=BLOCK_GAS)
            for queue in queues:
                filling.take(queue)
            roots = {
                "transaction_root": self._keep([one.encode() for one in filling.transactions]),
                "receipt_root": self._keep([one.encode() for one in filling.receipts]),
            }
            filled = vm.get_block().copy(header=filling.header.copy(**roots), transactions=tuple(filling.transactions))
            block = vm.finalize_block(filled).block
            self._chain.chaindb.persist_block(block)
        self._head, self._head_state = block.header, None
        return block.header, rows.settled

    def _keep(self, items: list[bytes]) -> bytes:
        """Store the trie over ``items``; its root."""
        root, nodes = list_trie(items)
        for name, node in nodes.items():
            self._database[name] = node
        return root

    # Execution without sending.

    def call(self, request: Request, header: Any) -> bytes:
        """Output of ``request`` in the state and at the time of the block ``header``.

        Raises:
            RpcError: it reverts, with the raw revert bytes.
        """
        computation = self._execute(request, header, request.gas)
        if computation.is_error:
            raise _failure(computation.error)
        return bytes(computation.output)

    def estimate(self, request: Request, header: Any, now: int) -> int:
        """Gas that ``request`` needs in the block after ``header``: exact where it ignores what is left, else in 1.5 %.

        Raises:
            RpcError: it reverts, with the raw revert bytes.
        """
        following = self._next_header(header, now).copy(state_root=header.state_root)
        computation = self._execute(request, following, request.gas)
        if computation.is_error:
            raise _failure(computation.error)
        used = request.gas - computation.get_gas_remaining()
        if self._suffices(request, following, used):
            return int(used)
        low, high = used, min(request.gas, used * 64 // 63 + 10_000)
        if not self._suffices(request, following, high):
            low, high = high, request.gas
        while high - low > max(_TOLERANCE, used * 15 // 1000):
            middle = (low + high) // 2
            if self._suffices(request, following, middle):
                high = middle
            else:
                low = middle
        return int(high)

    def _suffices(self, request: Request, header: Any, gas: int) -> bool:
        try:
            return not self._execute(request, header, gas).is_error
        except RpcError:
            return False

    def _execute(self, request: Request, header: Any, gas: int) -> Any:
        state = self.state(header.copy(base_fee_per_gas=0))
        unsigned = self._builder.new_unsigned_dynamic_fee_transaction(
            chain_id=self.chain_id,
            nonce=state.get_nonce(request.sender),
            max_priority_fee_per_gas=0,
            max_fee_per_gas=0,
            gas=gas,
            to=request.to,
            value=request.value,
            data=request.payload,
            access_list=(),
        )
        with self._database.scratch():
            try:
                return state.apply_transaction(SpoofTransaction(unsigned, from_=request.sender, gas_price=0))
            except ValidationError as error:
                raise RpcError(SERVER, str(error)) from error

    def _next_header(self, parent: Any, now: int) -> Any:
        return self._chain.create_header_from_parent(parent, timestamp=max(now, parent.timestamp + 1))


def _failure(error: Any) -> RpcError:
    if not isinstance(error, Revert):
        return RpcError(SERVER, f"{type(error).__name__}: {error}")
    raw = bytes(error.args[0]) if error.args else b""
    message = "execution reverted"
    if raw[:4] == _ERROR_SELECTOR:
        with contextlib.suppress(DecodingError):
            message += f": {abi_decode(['string'], raw[4:])[0]}"
    return RpcError(REVERTED, message, "0x" + raw.hex())


def _chain_class(number: int) -> Any:
    def create(self: Any, parent: Any, **fields: Any) -> Any:
        return MiningChain.create_header_from_parent(self, parent, **fields, gas_limit=GAS_LIMIT)

    body: dict[str, Callable[..., Any] | Any] = {
        "chain_id": number,
        "vm_configuration": ((0, PragueVM),),
        "create_header_from_parent": create,
    }
    return type("EmbeddedChain", (MiningChain,), body)


def _genesis(chain_id: int, *, free_gas: bool) -> dict[str, Any]:
    genesis = {
        "coinbase": ZERO_ADDRESS,
        "difficulty": POST_MERGE_DIFFICULTY,
        "extra_data": _mark(chain_id),
        "gas_limit": GAS_LIMIT,
        "mix_hash": POST_MERGE_MIX_HASH,
        "nonce": POST_MERGE_NONCE,
        "timestamp": GENESIS_TIME,
    }
    return {**genesis, "base_fee_per_gas": 0} if free_gas else genesis


def _mark(chain_id: int) -> bytes:
    """The genesis' extra bytes: they tell the chains of two ids apart, on disk and by hash."""
    return b"guildmark/%d" % chain_id


def _accounts(balances: dict[bytes, int]) -> dict[bytes, dict[str, Any]]:
    return {
        account: {"balance": balance, "nonce": 0, "code": b"", "storage": {}} for account, balance in balances.items()
    }
