"""What peers ask each other on streams; small, typed, and answered with bytes or a refusal."""

from dataclasses import dataclass

from protocol.ids import Digest, JobId
from protocol.signed import Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRequest:
    """Asks a customer how the auction of ``job`` ended; answered with the signed ``Result``."""

    job: JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRequest:
    """A winner asks the customer for what ``operation`` needs; answered with a ``PackageDelivery``."""

    job: JobId
    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsRequest:
    """A party of the job asks a provider for its records of assignment ``index``; answered with ``Records``."""

    job: JobId
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The signed step records of one assignment, by operation, then by part."""

    records: tuple[Signed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRequest:
    """An auditor asks a customer for the evidence of the part marked ``serial``; answered with a bundle file."""

    serial: Digest
