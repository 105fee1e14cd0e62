"""What all peers agree on in numbers: every limit with its unit and its reason. One run's choices are not here."""

from protocol.ids import ProcessCode
from protocol.units import BasisPoints, Cents, GramsCo2, Metres, Seconds

MAX_MESSAGE_BYTES = 32 * 1024
"""A gossiped message; above 64 KiB py-libp2p can interleave frames on one stream, half of that is safe."""

MAX_OPERATIONS = 32
"""Operations in one routing, as many as the order contract takes; real routings rarely pass ten."""

MAX_OFFERS = 64
"""Offers in one bid; the award rule is quadratic in them per operation."""

MAX_QUANTITY = 10_000
"""Parts in one job; a larger series is several jobs, so that a licence stays countable."""

MAX_RISES = 4
"""Steps of one offer's price curve; the award looks at each, and an owner explains no more."""

MAX_CLASHES = 64
"""Pairs of offers in one bid that exclude each other; the award branches on them."""

MAX_BIDDERS = 512
"""Sealed bids in one auction; the roll that names them all stays within one message."""

MAX_WITNESSES = 7
"""Peers that a call may name to witness it; a majority of them decides, and each signs every bid once."""

MAX_INVITED = 64
"""Peers that a call which is not public may invite; it is told to each of them, and stays within one message."""

MIN_HOLDERS = 3
"""Auditors that share a package's key at least: two of them must agree to open it."""

MAX_HOLDERS = 7
"""Auditors that share a package's key at most; four of them must answer a juror in time."""

MAX_BRANCHES = 512
"""Times that the award rule splits its search over clashing offers; honest menus need four at most."""

MAX_PRICE = Cents(1_000_000_000_000)
"""Of one offer or one budget; scores then stay within 64 bits."""

MAX_CO2 = GramsCo2(1_000_000_000)
"""Grams of CO2 equivalent in one offer; far above any machine's, so that no bid pushes a score beyond 64 bits."""

MAX_PREMIUM = BasisPoints(5_000)
"""Most that winners are paid above their bids together: half of them, which no vote exceeds either."""

MAX_TOOLS = 64
"""In one mill's profile; larger magazines hold doubles."""

MAX_GRADE = 9
"""The worst quality class; 0 is the best."""

MAX_WEIGHT = 10_000_000
"""Cents that a call may weigh an hour, a tonne of CO2 or a quality class with; scores then stay within 64 bits."""

MAX_KM_WEIGHT = 100_000
"""Cents that a call may weigh one kilometre with; scores then stay within 64 bits."""

MAX_GRID = Metres(21_000_000)
"""Distance of a site from the grid's origin along one axis: half of the Earth's circumference."""

MAX_LABELS = 2_000_000
"""Partial plans that the award rule weighs before it calls an auction too complex: some seconds of any machine."""

MAX_HORIZON = Seconds(158_112_000)
"""From when work may begin to when it is due: five years; nobody plans a shop further ahead."""

MAX_MEASURE = 1_000_000_000_000
"""Of any edge, volume, mass or count of a part or operation, in its unit: far beyond what any machine takes."""

MAX_TEXT = 128
"""Characters in a name or code."""

MAX_HOLES = 256
"""Rows in a bid view's hole table; parts with more are listed by their largest groups."""

SEALING_CHUNK_BYTES = 1_048_560
"""Of a content that are encrypted together: with its tag 1 MiB, which is where AES-GCM in Python stops getting faster,
fills whole pages of a disk, and goes four times into a chunk of a transfer."""

MAX_MEASUREMENTS = 256
"""Characteristics reported in one step record."""

MAX_INPUTS = 64
"""Lots or tools named in one step record."""

MAX_ENVELOPE_BYTES = 8 * 1024
"""A signed statement; its fields are digests, so that a real one has about 2 KiB."""

MAX_DISCLOSURE_BYTES = 64 * 1024
"""One shown field; the measurements of ``MAX_MEASUREMENTS`` characteristics stay well below."""

CERTIFICATE_LIFETIME = Seconds(34_560_000)
"""Longest validity of a machine's certificate: 400 days, so that a lost key is of no use for ever."""

MAX_NOTE_BYTES = 16 * 1024
"""A checkpoint with its cosignatures; one of these has about 220 bytes."""

MAX_COSIGNATURES = 32
"""Signature lines on one checkpoint; more witnesses than that prove nothing more."""

MAX_RECORDS = 1_000
"""Step records in one answer; with all fields shown about 4 MiB."""

MAX_RECORDS_REPLY = 4096 * 1024
"""Bytes of step records in one answer, half of what one may have; those with large measurements come in more pages."""

MAX_PROOF = 63
"""Hashes in one inclusion or consistency proof; a tree has fewer than 2**63 entries (C2SP tlog-witness)."""

MAX_VOUCHED = 256
"""Blocks that a node vouches for at once: a routing of 16 operations leaves about 100 events, few to a block."""

MAX_CLOCK_SKEW = Seconds(5)
"""By how much a peer's clock may differ from ours before its messages are ignored as early or late."""

SILENCE = Seconds(15)
"""After the last moment to reveal; then a witness may tell the result that the customer owes."""

ACCEPT_WINDOW = Seconds(10)
"""From a result until its winners must have answered it; a machine's time is held so long for nothing."""

MAX_TRANSCRIPT_BYTES = 67_108_864
"""Of one transcript file: 512 bidders with the longest menus need half of it."""

CARD_LIFETIME = Seconds(3600)
"""Longest validity of a machine card; a vanished provider leaves the directory by itself."""

HASH_BYTES = 32
"""Bytes of every identifier, digest, salt and key."""

SIGNATURE_BYTES = 64
"""An Ed25519 signature (RFC 8032)."""

MILLING = ProcessCode("DIN 8589-3")
TURNING = ProcessCode("DIN 8589-1")
EXTRUSION = ProcessCode("ISO/ASTM 52900:MEX")
HEAT_TREATMENT = ProcessCode("DIN 8580:6.2")
INSPECTION = ProcessCode("ISO 10360")
LASER = ProcessCode("DIN 8590")
BENDING = ProcessCode("DIN 8586")
VAT = ProcessCode("ISO/ASTM 52900:VPP")
POWDER_POLYMER = ProcessCode("ISO/ASTM 52900:PBF-LB/P")
POWDER_METAL = ProcessCode("ISO/ASTM 52900:PBF-LB/M")
GRINDING = ProcessCode("DIN 8589-11")
COATING = ProcessCode("DIN 8580:5")

PROCESSES: dict[ProcessCode, str] = {
    MILLING: "milling",
    TURNING: "turning",
    EXTRUSION: "material extrusion",
    HEAT_TREATMENT: "heat treatment",
    INSPECTION: "coordinate measuring",
    LASER: "laser cutting",
    BENDING: "bending",
    VAT: "vat photopolymerisation",
    POWDER_POLYMER: "polymer powder bed fusion",
    POWDER_METAL: "metal powder bed fusion",
    GRINDING: "grinding",
    COATING: "coating",
}
"""The process tree's codes in force and what people call them; new ones at the end, for rule packs count places."""

TRANSPORT_HANDLING = Seconds(3600)
"""Packing, waiting and unpacking of one move between sites."""

TRANSPORT_KM_HOUR = 60
"""Speed that the award rule plans moves with, km/h."""

TRANSPORT_CO2_KM = 62
"""Grams of CO2 equivalent per km for one small consignment (a tenth of a tonne in a road van at 620 g/tkm)."""

DAY = Seconds(86_400)
"""What capacities are told by; plant time's days begin at multiples of it."""

DAY_PARTS = 4
"""Parts of a day that a free capacity is rounded to; a quarter tells whether there is room, and not for whom not."""

CAPACITY_DAYS = 28
"""Days that a capacity reaches ahead; beyond four weeks a shop's plan says little."""

BULLETIN_LIFETIME = Seconds(604_800)
"""Longest life of a bulletin: a week, so that whoever was away for a weekend still finds all that is in force."""

MAX_BULLETINS = 4096
"""Bulletins of one member that are held at once; a shop that answers a thousand open calls has as many."""

MAX_BULLETIN_BYTES = 8192 * 1024
"""Bytes of one member's bulletins that are held at once; what a full quota of two-kilobyte bulletins comes to."""

MAX_STRANGER_BULLETINS = 4
"""Bulletins of one peer that no member registered: a card, and what it says while its registration is under way."""

MAX_STRANGERS = 256
"""Unregistered authors whose bulletins are held at once; identities are free, so their number is bounded."""

SUMMARY_SPLIT = 16
"""Parts that a differing range is split into; ten thousand bulletins are then compared in four questions."""

SUMMARY_IDS = 64
"""Ids listed instead of a fingerprint; at 32 bytes each, a list of them is cheaper than another question."""

MAX_RANGES = 1024
"""Ranges in one summary; a partition of a day touches hundreds, and each costs its reader one pass over its part."""

MAX_FETCH = 512
"""Bulletins asked for at once; with the largest messages they are cut at ``MAX_BULLETINS_REPLY`` bytes."""

MAX_BULLETINS_REPLY = 2048 * 1024
"""Bytes of bulletins in one answer, so that a slow peer gets useful pieces before its deadline."""

CHUNK_BYTES = 4096 * 1024
"""Bytes of one chunk of a transfer: large enough that the stream's handshake is noise, small enough to hold four."""

MAX_CHUNKS = 65_536
"""Chunks of one transfer, which makes 256 GiB; the list of their digests is then two megabytes."""

MAX_ADDRESSES = 4
"""Addresses in one whereabouts: two networks, a relay and one to spare; more would let one signature aim many dials."""

LOOKUP_WIDTH = 16
"""Members that keep a card, and members named in one answer: with half of them gone, all sixteen are once in 65,536."""

LOOKUP_CARDS = 32
"""Cards in one answer to a lookup; a customer that finds as many needs no more bidders, and they fill 20 KiB."""

MAX_LOOKUP_KEYS = 64
"""Keys that one provider's card lies under: ten machines with six materials each."""

MAX_CARDS_OF_KEY = 128
"""Cards that one member keeps under one key; with sixteen members a common process is spread over several hundred."""

MAX_CARDS_KEPT = 16_384
"""Cards that one member keeps under all keys: about 16 MiB, and four times its fair share of a thousand providers."""

WHOLE_BPS = 10_000
"""A whole in basis points."""

MAX_ASSIGNMENTS = 32
"""Winners of one order; an award then stays well below a block's gas."""

MAX_MILESTONES = 8
"""Equal parts that an assignment may be paid in; more would pay for paper."""

MAX_TERM = Seconds(63_072_000)
"""From an order's opening to its deadline, and to the expiry of a binding: two years; nothing is held for ever."""

UNBONDING = Seconds(15_638_400)
"""For so long what leaves a bond stays liable: 181 days, the longest review and dispute windows and a day."""

GOSSIP_HEARTBEAT = Seconds(1)
"""Between two looks of a node at its mesh, as every GossipSub has it: a lost neighbour is replaced within it."""

GOSSIP_DEGREE = 8
"""Neighbours that a node wants in a topic's mesh; with eight, four out of ten may be hostile and all still hear all."""

GOSSIP_DEGREE_LOW = 6
"""Neighbours below which it looks for more; the specification's default for ``GOSSIP_DEGREE`` of eight."""

GOSSIP_DEGREE_HIGH = 1000
"""Neighbours above which it would prune, which is never: in py-libp2p a pruned pair refuses each other for good."""

GOSSIP_GRAFTS = 2
"""Neighbours that a node takes into a mesh at once; where all start together, more would double every mesh."""

GOSSIP_BACK_OFF = Seconds(10)
"""After which whoever left a mesh may come back; its connection is mended sooner than the default minute."""

GOSSIP_WINDOW = 3
"""Heartbeats whose messages are told by id to who is not in the mesh."""

GOSSIP_HISTORY = 5
"""Heartbeats whose messages are kept for who asks for them by id; what is older comes by comparing boards."""

GOSSIP_SEEN = 65_536
"""Message ids remembered, so that a message is delivered once; ten minutes of a neighbour at its full rate."""

GOSSIP_RATE = 500.0
"""Messages per second and neighbour that are read for long; a signature check costs a fifteenth of a millisecond."""

GOSSIP_BURST = 1000.0
"""Messages that a neighbour may hand over at once, such as after an auction's deadline."""

GOSSIP_REPEAT_COST = 0.1
"""Messages' worth of credit that a message costs which another neighbour has brought: no signature is checked."""

GOSSIP_REJECT_COST = 20.0
"""Messages' worth of credit that a rejected message costs the neighbour that passed it on."""

GOSSIP_AUTHOR_RATE = 100.0
"""Messages per second of one author that are passed on for long, whoever brings them; more is pulled, not pushed."""

GOSSIP_AUTHOR_BURST = 1000.0
"""Messages of one author that are passed on at once."""
