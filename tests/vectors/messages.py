"""The messages that have vectors, each with values worth encoding; the first is small and is the one that is signed."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from protocol import merkle
from protocol.auction import Bid, Commitment, Reveal, Rise, seal_of
from protocol.award import Assignment
from protocol.blocks import BlockName, Voucher
from protocol.bulletin import Bulletin, Equivocation
from protocol.capability import Capability, Card
from protocol.capacity import Capacity
from protocol.checkpoint import sign_checkpoint
from protocol.content import ChunkRequest, Outline, OutlineRequest, content_digest
from protocol.escrow import (
    Entrusted,
    Escrow,
    SealedRequest,
    ShareGiven,
    ShareRequest,
    Unsealing,
    Unsealings,
    UnsealingsRequest,
    share_digest,
)
from protocol.ids import Address, Digest, EncryptionKey, JobId, MachineId, MaterialCode
from protocol.job import Call, Filters, Hole, Site
from protocol.lookup import KeepRequest, Nearest, NearestRequest, Whereabouts, key_of
from protocol.merkle import inclusion_ranges, leaf_hash, root_of_hashes
from protocol.opening import Exclusion, ExclusionReason
from protocol.params import CAPACITY_DAYS, CHUNK_BYTES, DAY, MILLING, TURNING
from protocol.production import NEXT_SHOP
from protocol.profile import Cutter, Mill, Printer, Profile, Tool
from protocol.record import LoggedRecord, Record, show
from protocol.release import SEED_BYTES, ReleaseContext, public_half
from protocol.replacement import Cause, Improvement, Replacement, Salvage
from protocol.requests import (
    BundleRequest,
    Consistency,
    ConsistencyRequest,
    PackageRequest,
    Parcel,
    Records,
    RecordsRequest,
    Remedy,
    ReplacementRequest,
    ResultRequest,
    Setback,
    StandInRequest,
    SurrenderPrice,
    SurrenderRequest,
    Told,
    Trouble,
    VoucherRequest,
    WitnessRequest,
)
from protocol.result import Reply, Result, decide
from protocol.roll import Receipt, Roll
from protocol.seal import PackageDelivery, deliver, deliver_code, seal_code, seal_design, seal_package
from protocol.signed import Signed, sign, signer_of
from protocol.stream import chunks_of
from protocol.summary import Bulletins, BulletinsRequest, Range, Summary, question
from protocol.topics import (
    AWARD,
    BLOCKS,
    BULLETIN,
    CALL,
    CAPACITY,
    CARD,
    COMMITMENT,
    ESCROW,
    FETCH_SHARE,
    LOG_HEAD,
    RECEIPT,
    REPLACEMENT,
    REPLY,
    REVEAL,
    ROLL,
    WHEREABOUTS,
)
from protocol.units import BasisPoints, Cents, GramsCo2, Metres, Micrometres, UnixSeconds
from protocol.wire import encode
from protocol.witness import LogHead
from tests.unit.protocol.examples import BOX, CUSTOMER_SEED, HOME, START, bid, call, offer, operation, part, peer, seed
from tests.unit.protocol.steps import certified, facts, record

SIGNER = seed("mill")
JOB = JobId(b"j" * 32)
CONTENT = Digest(b"c" * 32)
RECIPIENT_SEED = b"r" * SEED_BYTES
EDGES = (0, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**63, 2**64 - 1)
"""Where msgpack's unsigned forms grow."""

NEGATIVE_EDGES = (-1, -32, -33, -128, -129, -32_768, -32_769, -(2**31), -(2**63))
"""Where msgpack's signed forms grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of the protocol."""

    kind: type
    topic: str | None
    """Domain under which it is signed; None when it travels bare."""

    accepted: tuple[tuple[str, object], ...]

    @property
    def file(self) -> str:
        """Name of its vector file, without suffix."""
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in self.kind.__name__).lstrip("_")

    def signed(self, key: bytes, value: object) -> Signed:
        """``value`` in an envelope under this message's topic."""
        assert self.topic is not None
        return sign(key, self.topic, encode(value))


def messages() -> tuple[Message, ...]:
    """Every message that peers exchange, in the order in which a job meets them."""
    return (
        Message(kind=Signed, topic=None, accepted=_envelopes()),
        Message(kind=Bulletin, topic=BULLETIN, accepted=_bulletins()),
        Message(kind=Equivocation, topic=None, accepted=_equivocations()),
        Message(kind=Summary, topic=None, accepted=_summaries()),
        Message(kind=BulletinsRequest, topic=None, accepted=_bulletins_requests()),
        Message(kind=Bulletins, topic=None, accepted=_bulletin_lists()),
        Message(kind=Whereabouts, topic=WHEREABOUTS, accepted=_whereabouts()),
        Message(kind=NearestRequest, topic=None, accepted=_nearest_requests()),
        Message(kind=Nearest, topic=None, accepted=_nearest()),
        Message(kind=KeepRequest, topic=None, accepted=_keep_requests()),
        Message(kind=OutlineRequest, topic=None, accepted=(("of a content", OutlineRequest(content=CONTENT)),)),
        Message(kind=Outline, topic=None, accepted=_outlines()),
        Message(kind=ChunkRequest, topic=None, accepted=(("the third", ChunkRequest(content=CONTENT, index=2)),)),
        Message(kind=Card, topic=CARD, accepted=_cards()),
        Message(kind=Capacity, topic=CAPACITY, accepted=_capacities()),
        Message(kind=Call, topic=CALL, accepted=_calls()),
        Message(kind=Commitment, topic=COMMITMENT, accepted=_commitments()),
        Message(kind=Receipt, topic=RECEIPT, accepted=_receipts()),
        Message(kind=Roll, topic=ROLL, accepted=_rolls()),
        Message(kind=Reveal, topic=REVEAL, accepted=_reveals()),
        Message(kind=Result, topic=AWARD, accepted=_results()),
        Message(kind=Reply, topic=REPLY, accepted=_replies()),
        Message(kind=Replacement, topic=REPLACEMENT, accepted=_replacements()),
        Message(kind=StandInRequest, topic=None, accepted=_stand_in_requests()),
        Message(kind=Setback, topic=None, accepted=_setbacks()),
        Message(kind=WitnessRequest, topic=None, accepted=_witness_requests()),
        Message(kind=Told, topic=None, accepted=_told()),
        Message(kind=Escrow, topic=ESCROW, accepted=_escrows()),
        Message(kind=Entrusted, topic=None, accepted=_entrusted()),
        Message(kind=ShareRequest, topic=None, accepted=_share_requests()),
        Message(kind=ShareGiven, topic=None, accepted=_shares_given()),
        Message(kind=SealedRequest, topic=None, accepted=(("first package", SealedRequest(job=JOB, package=1)),)),
        Message(kind=UnsealingsRequest, topic=None, accepted=_unsealings_requests()),
        Message(kind=Unsealings, topic=None, accepted=_unsealings()),
        Message(kind=ResultRequest, topic=None, accepted=(("of a job", ResultRequest(job=JOB)),)),
        Message(kind=SurrenderRequest, topic=None, accepted=(("of the second", SurrenderRequest(job=JOB, index=1)),)),
        Message(kind=SurrenderPrice, topic=None, accepted=(("of 2.00", SurrenderPrice(compensation=Cents(2_00))),)),
        Message(kind=ReplacementRequest, topic=None, accepted=_replacement_requests()),
        Message(kind=PackageRequest, topic=None, accepted=_package_requests()),
        Message(kind=PackageDelivery, topic=None, accepted=_deliveries()),
        Message(kind=RecordsRequest, topic=None, accepted=_records_requests()),
        Message(kind=Records, topic=None, accepted=_record_lists()),
        Message(kind=LogHead, topic=LOG_HEAD, accepted=_log_heads()),
        Message(kind=ConsistencyRequest, topic=None, accepted=_consistency_requests()),
        Message(kind=Consistency, topic=None, accepted=_consistencies()),
        Message(kind=BundleRequest, topic=None, accepted=_bundle_requests()),
        Message(kind=Parcel, topic=None, accepted=(("of a content", Parcel(content=CONTENT)),)),
        Message(kind=VoucherRequest, topic=None, accepted=_voucher_requests()),
        Message(kind=Voucher, topic=BLOCKS, accepted=_vouchers()),
    )


def _replacements() -> tuple[tuple[str, Replacement], ...]:
    one = Assignment(provider=peer("rival"), site=HOME, offer=offer(0, 1, 4, 95_00), start=UnixSeconds(START + 7200))
    first = Replacement(
        job=JOB,
        index=0,
        round=1,
        cause=Cause.DECLINED,
        failed=peer("mill"),
        ready=UnixSeconds(START + 60),
        assignment=one,
        passed=(),
        salvage=Salvage.NONE,
        moving=0,
        making_again=0,
    )
    late = replace(
        first,
        index=1,
        round=2,
        cause=Cause.LATE,
        passed=(peer("oven"),),
        salvage=Salvage.MOVED,
        moving=5_000_000,
        making_again=2**40,
    )
    silent = replace(first, cause=Cause.UNANSWERED, salvage=Salvage.RESTARTED)
    given = Improvement(compensation=Cents(2_00), tender=JobId(b"t" * 32), transcript=Digest(b"r" * 32))
    better = replace(first, cause=Cause.IMPROVED, improvement=given)
    return (
        ("of one that declined", first),
        ("of one that is late", late),
        ("of one that is silent", silent),
        ("of one that is compensated", better),
    )


def _replacement_requests() -> tuple[tuple[str, ReplacementRequest], ...]:
    return (("of one", ReplacementRequest(job=JOB, transcript=_replacements()[0][1].digest)),)


def _bundle_requests() -> tuple[tuple[str, BundleRequest], ...]:
    serial = Digest(b"n" * 32)
    return (
        ("of one part", BundleRequest(serial=serial, lot=False)),
        ("of a whole lot", BundleRequest(serial=serial, lot=True)),
    )


def _whereabouts() -> tuple[tuple[str, Whereabouts], ...]:
    expires = UnixSeconds(START + 600)
    address = "/ip4/198.51.100.7/tcp/4001/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"
    return (
        ("of one that cannot be dialled", Whereabouts(addresses=(), issued=START, expires=expires)),
        ("at one address", Whereabouts(addresses=(address,), issued=START, expires=expires)),
    )


def _said() -> Signed:
    return sign(SIGNER, WHEREABOUTS, encode(_whereabouts()[0][1]))


def _nearest_requests() -> tuple[tuple[str, NearestRequest], ...]:
    key = key_of(MILLING)
    return (
        ("for members", NearestRequest(key=key, cards=False, asker=_said())),
        ("for cards", NearestRequest(key=key, cards=True, asker=_said())),
    )


def _nearest() -> tuple[tuple[str, Nearest], ...]:
    card = sign(SIGNER, CARD, encode(_cards()[0][1]))
    return (
        ("nobody and nothing", Nearest(answerer=_said(), members=(), cards=())),
        ("a member and a card", Nearest(answerer=_said(), members=(_said(),), cards=(card,))),
    )


def _keep_requests() -> tuple[tuple[str, KeepRequest], ...]:
    return (("a card", KeepRequest(keys=(key_of(MILLING),), card=sign(SIGNER, CARD, encode(_cards()[0][1])))),)


def _voucher_requests() -> tuple[tuple[str, VoucherRequest], ...]:
    return (("of one block", VoucherRequest(numbers=(7,))), ("of several", VoucherRequest(numbers=(0, 7, 2**40))))


def _vouchers() -> tuple[tuple[str, Voucher], ...]:
    blocks = tuple(BlockName(number=number, hash=bytes([number]) * 32) for number in (7, 9))
    return (
        ("for one block", Voucher(chain=7117, blocks=blocks[:1])),
        ("for two blocks", Voucher(chain=7117, blocks=blocks)),
    )


def _envelopes() -> tuple[tuple[str, Signed], ...]:
    return (
        ("around a commitment", sign(SIGNER, COMMITMENT, encode(_commitments()[0][1]))),
        ("around nothing", sign(SIGNER, COMMITMENT, b"")),
        ("with a payload of 256 bytes", sign(SIGNER, COMMITMENT, bytes(range(256)))),
    )


def _bulletins() -> tuple[tuple[str, Bulletin], ...]:
    commitment = _envelopes()[0][1]
    small = Bulletin(topic=COMMITMENT, sequence=1, expires=UnixSeconds(START + 600), message=encode(commitment))
    return (
        ("of a commitment", small),
        ("on a topic that is not known", replace(small, topic="later/1", message=b"?")),
        ("with the largest sequence", replace(small, sequence=2**63 - 1)),
    )


def _equivocations() -> tuple[tuple[str, Equivocation], ...]:
    bulletin = _bulletins()[0][1]
    other = sign(SIGNER, COMMITMENT, encode(replace(_commitments()[0][1], seal=Digest(b"z" * 32))))
    again = replace(bulletin, sequence=bulletin.sequence + 1, message=encode(other))
    twice = replace(bulletin, topic="later/1")

    def pair(one: Bulletin, another: Bulletin) -> Equivocation:
        return Equivocation(first=sign(SIGNER, BULLETIN, encode(one)), second=sign(SIGNER, BULLETIN, encode(another)))

    return (("two commitments for one job", pair(bulletin, again)), ("a sequence given twice", pair(bulletin, twice)))


def _summaries() -> tuple[tuple[str, Summary], ...]:
    ids = tuple(Digest(bytes([n]) * 32) for n in (1, 2, 3))
    listed = Range(lower=b"", upper=ids[1], fingerprint=b"", ids=ids[:1])
    return (
        ("of everything", Summary(ranges=(question(ids),))),
        ("one part listed, one hashed", Summary(ranges=(listed, question(ids, ids[1], b"")))),
        ("no difference", Summary(ranges=())),
    )


def _bulletins_requests() -> tuple[tuple[str, BulletinsRequest], ...]:
    ids = tuple(Digest(bytes([n]) * 32) for n in (1, 2))
    return (("for one", BulletinsRequest(ids=ids[:1])), ("for two", BulletinsRequest(ids=ids)))


def _bulletin_lists() -> tuple[tuple[str, Bulletins], ...]:
    signed = sign(SIGNER, BULLETIN, encode(_bulletins()[0][1]))
    return (("one", Bulletins(bulletins=(signed,))), ("none", Bulletins(bulletins=())))


def _outlines() -> tuple[tuple[str, Outline], ...]:
    two = Outline(size=CHUNK_BYTES + 1, chunks=(Digest(b"1" * 32), Digest(b"2" * 32)))
    return (("two chunks", two), ("an empty content", Outline(size=0, chunks=())))


def _cards() -> tuple[tuple[str, Card], ...]:
    small = Card(
        provider=peer("mill"),
        account=Address(b"a" * 20),
        name="Mill",
        encryption_key=EncryptionKey(b"e" * 32),
        addresses=("/ip4/127.0.0.1/tcp/4001",),
        site=HOME,
        capabilities=(machine("m"),),
        issued=UnixSeconds(START),
        expires=UnixSeconds(START + 600),
    )
    lathe = replace(machine("Drehmaschine 3 (groß)"), process=TURNING, tolerance=Micrometres(20), hour=Cents(7_800))
    return (
        ("one machine", small),
        ("two machines and text beyond ASCII", replace(small, name="Fräserei Süd", capabilities=(machine("m"), lathe))),
        ("no machine and no address", replace(small, addresses=(), capabilities=())),
    )


def machine(name: str) -> Capability:
    """A mill that takes ``examples.part``."""
    return Capability(
        machine=MachineId(name),
        process=MILLING,
        materials=(MaterialCode("EN AW-6082"),),
        envelope=BOX,
        tolerance=Micrometres(100),
        max_mass=replace(operation(0)).mass,
    )


def _capacities() -> tuple[tuple[str, Capacity], ...]:
    free = Capacity(
        provider=peer("mill"), machine=MachineId("m"), since=UnixSeconds(START - START % DAY), free=(0, 4, 2)
    )
    return (
        ("three days", free),
        ("a month", replace(free, free=(1,) * CAPACITY_DAYS)),
        ("no day", replace(free, free=())),
    )


def _calls() -> tuple[tuple[str, Call], ...]:
    small = call(operations=(operation(0),))
    slot = Hole(diameter=Micrometres(3000), depth=Micrometres(8000), through=False, count=2)
    return (
        ("one operation", small),
        ("three operations", call()),
        ("two kinds of holes", replace(small, part=replace(part(), holes=(*part().holes, slot)))),
        ("no holes and no address", replace(small, addresses=(), part=replace(part(), holes=()))),
        ("witnesses, filters and a cap", _filtered(small)),
        ("a site in the south-west", replace(small, site=Site(easting=Metres(-40_000), northing=Metres(-1)))),
    )


def _filtered(small: Call) -> Call:
    named = tuple(sorted((peer("mill"), peer("oven"))))
    filters = Filters(jurisdictions=("CH", "DE"), classification=1, grade=2, distance=Metres(500_000), invited=named)
    first = replace(operation(0), after=())
    caps: dict[str, Any] = {"co2_cap": GramsCo2(90_000), "premium": BasisPoints(1)}
    return replace(small, operations=(first,), witnesses=named, filters=filters, **caps)


def _commitments() -> tuple[tuple[str, Commitment], ...]:
    mine = _reveals()[0][1]
    values = {"job": JOB, "provider": peer("mill"), "account": Address(b"a" * 20)}
    return (("of a bid", Commitment(**values, seal=seal_of(mine.bid, mine.salt))),)  # type: ignore[arg-type]


def _receipts() -> tuple[tuple[str, Receipt], ...]:
    seen = leaf_hash(encode(_commitments()[0][1]))
    return (("of a commitment", Receipt(job=JOB, seen=seen, at=UnixSeconds(START - 30))),)


def _rolls() -> tuple[tuple[str, Roll], ...]:
    entries = tuple(sorted(leaf_hash(bytes([number])) for number in range(3)))
    return (("three commitments", Roll(job=JOB, entries=entries)), ("none", Roll(job=JOB, entries=())))


def _replies() -> tuple[tuple[str, Reply], ...]:
    stands = Reply(job=JOB, provider=peer("mill"), result=_results()[0][1].digest, accepted=True)
    return (("an acceptance", stands), ("a refusal", replace(stands, accepted=False)))


def _setbacks() -> tuple[tuple[str, Setback], ...]:
    moved = Setback(job=JOB, index=0, tenure=0, trouble=Trouble.MACHINE, remedy=Remedy.MOVED, number=0)
    back = replace(moved, index=1, tenure=2, trouble=Trouble.OWNER, remedy=Remedy.GIVEN_BACK, number=3)
    return (("moved to another machine", moved), ("given back by its owner", back))


def _stand_in_requests() -> tuple[tuple[str, StandInRequest], ...]:
    first, second = (sign(SIGNER, REPLACEMENT, encode(one)) for _, one in _replacements()[:2])
    return (
        ("the first of its order", StandInRequest(replacement=first, earlier=())),
        ("after another", StandInRequest(replacement=second, earlier=(first,))),
    )


def _witness_requests() -> tuple[tuple[str, WitnessRequest], ...]:
    (_, commitment), (_, reveal) = _commitments()[0], _reveals()[0]
    return (
        ("of a commitment", WitnessRequest(topic=COMMITMENT, message=sign(SIGNER, COMMITMENT, encode(commitment)))),
        ("of a reveal", WitnessRequest(topic=REVEAL, message=sign(SIGNER, REVEAL, encode(reveal)))),
    )


def _escrows() -> tuple[tuple[str, Escrow], ...]:
    leaves = [seal_package(b"m" * 32, number, [b"content"], lambda _chunk: None) for number in range(2)]
    design = seal_design(b"m" * 32, leaves)
    ranges = inclusion_ranges(1, len(design.hashes))
    shared = Escrow(
        chain=7117,
        job=JOB,
        leaf=leaves[1],
        size=len(design.hashes),
        proof=tuple(root_of_hashes(design.hashes[first:last]) for first, last in ranges),
        root=design.root,
        nonce=design.nonce,
        threshold=2,
        holders=tuple(sorted(peer(f"auditor {number}") for number in range(3))),
        shares=tuple(share_digest(bytes([number]) * 32) for number in range(3)),
    )
    return (("two of three", shared), ("three of three", replace(shared, threshold=3)))


def _entrusted() -> tuple[tuple[str, Entrusted], ...]:
    statement = sign(CUSTOMER_SEED, ESCROW, encode(_escrows()[0][1]))
    return (("a sealed share", Entrusted(statement=statement, sealed=b"h" * 80)),)


def _share_requests() -> tuple[tuple[str, ShareRequest], ...]:
    return (("first package", ShareRequest(job=JOB, package=1, key=public_half(RECIPIENT_SEED))),)


def _unsealings_requests() -> tuple[tuple[str, UnsealingsRequest], ...]:
    return (
        ("of all times", UnsealingsRequest(since=UnixSeconds(0))),
        ("since then", UnsealingsRequest(since=UnixSeconds(START))),
    )


def _unsealings() -> tuple[tuple[str, Unsealings], ...]:
    request = sign(SIGNER, FETCH_SHARE, encode(_share_requests()[0][1]))
    unsealing = Unsealing(job=JOB, package=1, at=UnixSeconds(START), request=request)
    return (("one", Unsealings(given=(unsealing,))), ("none", Unsealings(given=())))


def _shares_given() -> tuple[tuple[str, ShareGiven], ...]:
    statement = sign(CUSTOMER_SEED, ESCROW, encode(_escrows()[0][1]))
    return (("a released share", ShareGiven(statement=statement, released=b"r" * 1200)),)


def _told() -> tuple[tuple[str, Told], ...]:
    asked = _filtered(call(operations=(operation(0),)))
    commitment = _commitments()[0][1]
    return (
        ("a call", Told(topic=CALL, message=sign(CUSTOMER_SEED, CALL, encode(asked)))),
        ("a commitment", Told(topic=COMMITMENT, message=sign(SIGNER, COMMITMENT, encode(commitment)))),
    )


def _reveals() -> tuple[tuple[str, Reveal], ...]:
    far = Site(easting=Metres(-120_000), northing=Metres(65_536))
    return (
        ("one offer", Reveal(bid=bid("mill", offer(0, 1, 5, 90_00)), salt=b"s" * 32)),
        ("a bundle beside a single offer", Reveal(bid=_bundles(), salt=bytes(range(32)))),
        ("a site in the west", Reveal(bid=bid("mill", offer(0, 1, 5, 90_00), site=far), salt=b"\xff" * 32)),
        ("a price curve, a grade and a clash", Reveal(bid=_curves(), salt=b"c" * 32)),
    )


def _curves() -> Bid:
    early = offer(0, 1, 5, 90_00)
    risen = replace(
        early,
        closes=UnixSeconds(early.opens + 600),
        grade=2,
        rises=(Rise(start=UnixSeconds(early.opens + 60), price=Cents(95_00)),),
    )
    menu = bid("mill", risen, offer(0, 9, 12, 80_00))
    return replace(menu, clashes=((0, 1),), jurisdiction="DE", clearance=1)


def _bundles() -> Bid:
    return bid("mill", offer(0, 1, 5, 90_00, co2=1200), offer(0, 1, 9, 140_00, last=1, co2=2100))


def _results() -> tuple[tuple[str, Result], ...]:
    one, transcript = call(operations=(operation(0),)), Digest(b"t" * 32)
    mill = bid("mill", offer(0, 1, 5, 90_00))
    dear = bid("dear", offer(0, 1, 5, 95_00, co2=800))
    late = bid("late", offer(0, 1, 900, 10_00))
    away = Exclusion(provider=peer("away"), reason=ExclusionReason.UNREVEALED)
    return (
        ("one bidder", decide(one, (mill,), transcript)),
        ("a loser, and one that fits into no combination", decide(one, (mill, dear, late), transcript)),
        ("a bid that was never opened", decide(one, (mill,), transcript, (away,))),
        ("no award: no offer", decide(call(), (mill,), transcript)),
        ("no award: too late", decide(one, (late,), transcript)),
        ("no award: over budget", decide(replace(one, budget=Cents(1)), (mill,), transcript)),
    )


def _package_requests() -> tuple[tuple[str, PackageRequest], ...]:
    first = PackageRequest(job=JOB, operation=0, key=public_half(RECIPIENT_SEED), profile=None)
    tool = Tool(
        number=4,
        drill=False,
        diameter=Micrometres(10_000),
        reach=Micrometres(40_000),
        rpm=8_000,
        feed=1_600,
        plunge=300,
        step=Micrometres(2_000),
    )
    printer = Printer(
        bed=BOX,
        nozzle=Micrometres(400),
        layer=Micrometres(200),
        filament=Micrometres(1_750),
        hot=215,
        warm=60,
        walls=2,
        infill=15,
        speed=45,
    )
    cutter = Cutter(length=Micrometres(1_000_000), width=Micrometres(500_000), gap=Micrometres(3_000))
    mill = Mill(travel=BOX, rpm=12_000, feed=6_000, tools=(tool,))
    return (
        ("first operation, as it was sealed", first),
        ("last operation", replace(first, operation=15)),
        ("code for a printer", replace(first, profile=Profile(printer=printer))),
        ("code for a cutter", replace(first, profile=Profile(cutter=cutter))),
        ("code for a mill", replace(first, profile=Profile(mill=mill))),
    )


def _deliveries() -> tuple[tuple[str, PackageDelivery], ...]:
    return (
        ("package 1 of 3", _delivery(1, b"the design", b"for the mill", b"for the oven")),
        ("package 2 of 3", _delivery(2, b"the design", b"for the mill", b"for the oven")),
        ("of a tree that is filled up", _delivery(4, b"the design", b"a", b"b", b"c", b"d")),
        ("of an empty package", _delivery(1, b"the design", b"")),
        ("machine code in a package's place", _code_delivery(b"the design", b"the model")),
    )


def _delivery(index: int, *contents: bytes) -> PackageDelivery:
    """The released key is of the right length but opens nothing: HPKE draws randomness of its own."""
    master, sealed = b"m" * 32, []
    leaves = []
    for number, content in enumerate(contents):
        ciphertext = bytearray()
        leaves.append(seal_package(master, number, chunks_of(content), ciphertext.extend))
        sealed.append(bytes(ciphertext))
    design = seal_design(master, leaves)
    context = ReleaseContext(chain=7117, job=JOB, root=design.root, index=index)
    made = deliver(master, design, _parcel(sealed[index]), context=context, recipient=public_half(RECIPIENT_SEED))
    return replace(made, released_key=b"k" * len(made.released_key))


def _code_delivery(*contents: bytes) -> PackageDelivery:
    """Released key as above."""
    master = b"m" * 32
    design = seal_design(
        master, [seal_package(master, n, chunks_of(content), lambda _: None) for n, content in enumerate(contents)]
    )
    context = ReleaseContext(chain=7117, job=JOB, root=design.root, index=1)
    code, recipient = seal_code(master, 1, b"G28"), public_half(RECIPIENT_SEED)
    made = deliver_code(design, code, parcel=_parcel(code.ciphertext), context=context, recipient=recipient)
    return replace(made, released_key=b"k" * len(made.released_key))


def _parcel(ciphertext: bytes) -> Digest:
    """What a ciphertext of one chunk is fetched under."""
    return content_digest(Outline(size=len(ciphertext), chunks=(Digest(sha256(ciphertext).digest()),)))


def _records_requests() -> tuple[tuple[str, RecordsRequest], ...]:
    first = RecordsRequest(job=JOB, index=0, first=0)
    return (("first assignment", first), ("a later one, second page", replace(first, index=3, first=1_000)))


def _log_heads() -> tuple[tuple[str, LogHead], ...]:
    note = sign_checkpoint(signer_of(SIGNER), 0, merkle.root([]))
    return (("abridged", LogHead(note=b"note")), ("of an empty log", LogHead(note=note)))


def _consistency_requests() -> tuple[tuple[str, ConsistencyRequest], ...]:
    return (("from 7 to 12", ConsistencyRequest(old=7, new=12)), ("from nothing", ConsistencyRequest(old=0, new=1)))


def _consistencies() -> tuple[tuple[str, Consistency], ...]:
    return (("one hash", Consistency(proof=(Digest(b"h" * 32),))), ("none", Consistency(proof=())))


def _record_lists() -> tuple[tuple[str, Records], ...]:
    short = Record(envelope=b"{}", disclosures=("WyJhIl0",))
    first = LoggedRecord(record=short, index=6, proof=(Digest(b"h" * 32),))
    numbered = tuple(replace(first, index=number) for number in EDGES + NEGATIVE_EDGES)
    real = replace(first, record=show(record(facts()), NEXT_SHOP))
    small = Records(total=2, certificates=(b"{}",), note=b"note", records=(first,))
    return (
        ("one of two, abridged", small),
        ("one, as the next shop sees it", replace(small, certificates=(certified(),), records=(real,))),
        ("every width of an integer", replace(small, records=numbered)),
        ("none", replace(small, records=())),
    )
