"""Names for things; every identifier is a distinct type and none is a bare ``str`` or ``bytes``."""

from typing import NewType

PeerId = NewType("PeerId", bytes)
"""A node's network identity: its Ed25519 public key, 32 bytes (RFC 8032). It signs messages and records."""

EncryptionKey = NewType("EncryptionKey", bytes)
"""A node's long-lived X25519 public key, 32 bytes (RFC 7748). Packages go to one-time release keys instead."""

Address = NewType("Address", bytes)
"""An account or contract on the ledger, 20 bytes."""

Digest = NewType("Digest", bytes)
"""A SHA-256 hash, 32 bytes (FIPS 180-4)."""

JobId = NewType("JobId", bytes)
"""One job, from call to settlement, 32 bytes; it is also the order's single-use identifier on the ledger."""

MachineId = NewType("MachineId", str)
"""A virtual machine's name, unique within its provider."""

MachineKey = NewType("MachineKey", bytes)
"""A machine's Ed25519 public key, 32 bytes; its provider certifies it, and it signs what the machine made."""

ProcessCode = NewType("ProcessCode", str)
"""A manufacturing process in the federation's process tree; see ``protocol.params.PROCESSES``."""

MaterialCode = NewType("MaterialCode", str)
"""A material's designation under its standard, such as ``EN AW-6082``. Compared exactly, never fuzzily."""
