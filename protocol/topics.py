"""The gossip topics and request protocols; the ordinal changes whenever a layout changes."""

CARD = "card/2"
CAPACITY = "capacity/1"
CALL = "call/1"
COMMITMENT = "commitment/1"
REVEAL = "reveal/1"
AWARD = "award/1"
ROLL = "roll/1"
REPLY = "reply/1"
RECEIPT = "receipt/1"

REPLACEMENT = "replacement/1"
"""Domain under which a customer signs who stands in for whom; it travels in requests and bundles, not as gossip."""

STAND_IN = "/guildmark/stand-in/2"
"""A customer's signed replacement in, with those before it; the new maker's signed reply out."""

SETBACK = "/guildmark/setback/1"
"""A maker's word in on work of its own that moved or was given back, nothing out."""

FETCH_REPLACEMENT = "/guildmark/replacement/1"
"""A maker asks the customer for the replacement that the ledger holds; signed replacement out."""

ASK_SURRENDER = "/guildmark/surrender/1"
"""A customer asks a maker for how much it would give an assignment up; a price out."""

GIVE_UP = "/guildmark/give-up/1"
"""A customer's signed improvement in, nothing out; the old maker then takes its compensation and gives up."""

TESTIFY = "/guildmark/testify/1"
"""A bidder shows its signed commitment or reveal to a witness, which answers with a signed receipt."""

LOG_HEAD = "head/1"

BULLETIN = "bulletin/1"
"""Domain under which bulletins are signed; they are gossiped on the topic of what they carry."""

COMPARE_BULLETINS = "/guildmark/compare/1"
"""A summary of what the asker holds in, a summary of where the answerer differs out."""

FETCH_BULLETINS = "/guildmark/bulletins/1"
"""Ids in, bulletins out."""

WHEREABOUTS = "whereabouts/1"
"""Domain under which a peer signs where it can be dialled; it travels in lookups."""

LOOK_UP = "/guildmark/nearest/1"
"""A key in, the members nearest to it and the cards that lie under it out."""

KEEP_CARD = "/guildmark/keep/2"
"""A provider's card to keep under a key in, nothing out."""

FETCH_OUTLINE = "/guildmark/outline/1"
"""A content's digest in, its outline out."""

FETCH_CHUNK = "/guildmark/chunk/1"
"""A content's digest and a number in, that chunk's bytes out."""

BLOCKS = "blocks/1"
"""Domain of a node's word that blocks are the chain's; it travels in bundles, not as gossip."""

TELL = "/guildmark/tell/1"
"""What is said in an auction that is not public, told to one who may hear it; answered with nothing."""

FETCH_RESULT = "/guildmark/result/1"
"""Job id in, signed result out."""

ESCROW = "escrow/1"
"""Domain under which a customer signs who holds shares of a package's key."""

ENTRUST = "/guildmark/entrust/1"
"""A customer hands an auditor its share of a package's key; answered with no bytes once it is kept."""

FETCH_SHARE = "/guildmark/share/1"
"""A juror's signed request in, the holder's share out, released to the key in the request."""

FETCH_SEALED = "/guildmark/sealed/2"
"""A juror's signed request in; a ``Parcel`` out, under which the ciphertext of a package is fetched."""

FETCH_UNSEALINGS = "/guildmark/unsealings/1"
"""A customer asks a holder which shares of its packages' keys it gave, and to whom."""

FETCH_PACKAGE = "/guildmark/package/4"
"""A winner's signed request for what its operation needs in, the customer's signed delivery out."""

DELIVERY = "delivery/3"
"""Domain under which a customer signs what it delivers."""

FETCH_RECORDS = "/guildmark/records/1"
"""A party of the job asks a provider for the signed records of one operation."""

WITNESS = "/guildmark/witness/1"
"""A log asks a node to cosign its checkpoint: C2SP ``tlog-witness``, request and answer as in its HTTP form."""

FETCH_CONSISTENCY = "/guildmark/consistency/1"
"""Anybody asks a log to prove that it only grew between two sizes."""

FETCH_BUNDLE = "/guildmark/bundle/3"
"""An auditor asks a customer for a part's evidence; a ``Parcel`` out, under which it is fetched."""

FETCH_VOUCHER = "/guildmark/voucher/1"
"""A customer asks a node for its word that blocks are the chain's."""
