"""What each protocol between peers asks of the table, and why others need not ask; a test fails for one in neither."""

from typing import Final

from node.access.table import Action
from protocol import topics

ACTIONS: Final = {
    topics.FETCH_RESULT: Action.HEAR_RESULT,
    topics.FETCH_PACKAGE: Action.TAKE_PACKAGE,
    topics.FETCH_RECORDS: Action.SEE_RECORDS,
    topics.FETCH_BUNDLE: Action.SEE_EVIDENCE,
    topics.FETCH_SHARE: Action.OPEN_SHARE,
    topics.FETCH_SEALED: Action.OPEN_SHARE,
    topics.FETCH_UNSEALINGS: Action.SEE_RELEASES,
}
"""What is asked for; whoever answers asks the table first."""

OPEN: Final = {
    topics.COMPARE_BULLETINS: "bulletins are gossip, which everybody hears",
    topics.FETCH_BULLETINS: "bulletins are gossip, which everybody hears",
    topics.LOOK_UP: "cards are public, and who keeps them serves every member",
    topics.KEEP_CARD: "a card proves itself, and is kept where it belongs or not at all",
    topics.TELL: "hears its author alone, as gossip would be judged; answers nothing",
    topics.TESTIFY: "a bidder shows its own commitment, and gets a receipt for it",
    topics.STAND_IN: "an offer in, a yes or no out; the signed replacement says who asks",
    topics.SETBACK: "takes a maker's word on its own assignment, which is looked up; answers nothing",
    topics.FETCH_REPLACEMENT: "the ledger holds its hash; it says who makes what, not what is made",
    topics.ASK_SURRENDER: "a customer asks a maker of its own job, which looks up whose it is",
    topics.GIVE_UP: "a customer tells a maker of its own job, which looks up whose it is",
    topics.ENTRUST: "takes a share in, from the customer that the ledger names; gives nothing out",
    topics.FETCH_OUTLINE: "to whom the content was promised alone, and a promise asks the table",
    topics.FETCH_CHUNK: "to whom the content was promised alone, and a promise asks the table",
    topics.FETCH_CONSISTENCY: "hashes of a log whose heads are public",
    topics.FETCH_VOUCHER: "the ledger's blocks are public",
    topics.WITNESS: "checkpoints are public",
}
"""Protocols that ask nothing of the table, and the reason."""
