"""Anchors: the roots that each publisher has put on its rolling head."""

from dataclasses import dataclass

from ledger.bindings import provenance as abi
from ledger.types import Log, Reads, Transaction
from protocol.ids import Address, Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A publisher anchored a root over ``count`` records about ``subject``."""

    publisher: Address
    subject: bytes
    root: Digest
    count: int
    head: Digest


class Provenance:
    """The ``Provenance`` contract at one address."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def anchor(self, subject: bytes, root: Digest, count: int) -> Transaction:
        """Append a root over ``count`` records to the sender's head."""
        return Transaction(to=self.address, payload=abi.anchor_call(subject, root, count))

    def head_of(self, chain: Reads, publisher: Address) -> tuple[Digest, int]:
        """A publisher's rolling head, and how many records it has anchored."""
        found = abi.head_of_result(chain.call(self.address, abi.head_of_call(publisher)))
        return Digest(found.head), found.count

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
            subject=event.subject,
            root=Digest(event.root),
            count=event.count,
            head=Digest(event.head),
        )
