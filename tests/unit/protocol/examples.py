"""Well-formed protocol values for tests; each function changes only what a test names."""

from typing import Any

from protocol.auction import Bid, Offer
from protocol.ids import Address, Digest, EncryptionKey, JobId, MachineId, MaterialCode, PeerId
from protocol.job import BidView, Call, Envelope, Hole, Operation, Site, Weights
from protocol.params import HEAT_TREATMENT, INSPECTION, MILLING
from protocol.signed import public_key
from protocol.units import Cents, CubicMillimetres, Grams, GramsCo2, Metres, Micrometres, Seconds, UnixSeconds

CUSTOMER_SEED = b"c" * 32
CUSTOMER = public_key(CUSTOMER_SEED)
HOUR = 3600
START = 1_800_000_000
HOME = Site(easting=Metres(0), northing=Metres(0))
BOX = Envelope(length=Micrometres(80_000), width=Micrometres(60_000), height=Micrometres(25_000))


def seed(name: str) -> bytes:
    return name.encode().ljust(32, b".")


def peer(name: str) -> PeerId:
    return public_key(seed(name))


def operation(index: int, process: Any = MILLING) -> Operation:
    return Operation(
        index=index,
        process=process,
        envelope=BOX,
        tolerance=Micrometres(100),
        removed=CubicMillimetres(40_000),
        mass=Grams(300),
        features=6,
    )


def part() -> BidView:
    return BidView(
        envelope=BOX,
        volume=CubicMillimetres(80_000),
        mass=Grams(216),
        material=MaterialCode("EN AW-6082"),
        holes=(Hole(diameter=Micrometres(6000), depth=Micrometres(25_000), through=True, count=4),),
        tolerance=Micrometres(100),
    )


def call(**changes: Any) -> Call:
    values: dict[str, Any] = {
        "chain": 7117,
        "orders": Address(b"o" * 20),
        "job": JobId(b"j" * 32),
        "customer": CUSTOMER,
        "encryption_key": EncryptionKey(b"e" * 32),
        "addresses": ("/ip4/127.0.0.1/tcp/4001",),
        "rule_pack": Digest(b"r" * 32),
        "design": Digest(b"d" * 32),
        "part": part(),
        "operations": (operation(0), operation(1, HEAT_TREATMENT), operation(2, INSPECTION)),
        "quantity": 4,
        "site": HOME,
        "budget": Cents(1_000_000),
        "weights": Weights(hour=Cents(100), co2_tonne=Cents(10_000)),
        "earliest": UnixSeconds(START),
        "due": UnixSeconds(START + 240 * HOUR),
        "commit_by": UnixSeconds(START - 20),
        "reveal_by": UnixSeconds(START - 10),
    }
    return Call(**{**values, **changes})


def offer(first: int, ready_hour: int, finish_hour: int, price: int, *, last: int | None = None, co2: int = 0) -> Offer:
    return Offer(
        first=first,
        last=first if last is None else last,
        machine=MachineId("m"),
        opens=UnixSeconds(START + ready_hour * HOUR),
        closes=UnixSeconds(START + ready_hour * HOUR),
        duration=Seconds((finish_hour - ready_hour) * HOUR),
        price=Cents(price),
        co2=GramsCo2(co2),
    )


def bid(name: str, *offers: Offer, site: Site = HOME) -> Bid:
    return Bid(job=JobId(b"j" * 32), provider=peer(name), site=site, offers=offers)
