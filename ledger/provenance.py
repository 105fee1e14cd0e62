"""Anchors: the roots that each publisher has put on its rolling head."""

from dataclasses import dataclass
from hashlib import sha256

from ledger.bindings import provenance as abi
from ledger.types import Log, Reads, Transaction
from protocol.ids import Address, Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A publisher anchored the root of a log that has grown by ``count`` records."""

    publisher: Address
    root: Digest
    count: int


class Provenance:
    """The ``Provenance`` contract at one address."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def anchor(self, root: Digest, count: int) -> Transaction:
        """Append the root of a log that has grown by ``count`` records to the sender's head."""
        return Transaction(to=self.address, payload=abi.anchor_call(root, count))

    @staticmethod
    def next_head(head: bytes, records: int, root: Digest, count: int) -> bytes:
        """The head after an anchor on one that stands for ``records``: 24 bytes, to share a word with the count."""
        return sha256(head + records.to_bytes(8, "big") + root + count.to_bytes(8, "big")).digest()[:24]

    def head_of(self, chain: Reads, publisher: Address) -> tuple[bytes, int]:
        """A publisher's rolling head, and how many records it has anchored."""
        found = abi.head_of_result(chain.call(self.address, abi.head_of_call(publisher)))
        return found.head, found.count

    def verify(self, chain: Reads, root: Digest, leaf: Digest, index: int, size: int, proof: list[bytes]) -> bool:
        """Whether the contract accepts an RFC 9162 inclusion proof."""
        return abi.verify_result(chain.call(self.address, abi.verify_call(root, leaf, index, size, proof)))

    def decode(self, log: Log) -> Anchored | None:
        """The event in ``log``, or None when it is another contract's."""
        if log.address != self.address or log.topics[0] != abi.ANCHORED_TOPIC:
            return None
        event = abi.anchored_event(log.topics, log.payload)
        return Anchored(
            publisher=Address(event.publisher),
            root=Digest(event.root),
            count=event.count,
        )
