"""GossipSub 1.1 that survives its peers: refuses frames, identities and signatures before it spends work on them."""

import time
import weakref
from collections import defaultdict, deque
from typing import Any, Final

import trio
from google.protobuf.message import DecodeError
from libp2p.crypto.ed25519 import Ed25519PublicKey
from libp2p.custom_types import TProtocol
from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11, GossipSub
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import PUBSUB_SIGNING_PREFIX, Pubsub

from federation.credit import Credit
from federation.deliveries import Deliveries
from federation.network import MAX_GOSSIP, Message
from federation.network.inbox import Inbox, Verdict
from federation.network.libp2p_frames import FrameError, Frames, StreamEndError
from federation.network.libp2p_identity import peer_of
from federation.network.libp2p_outbox import Holders, Outgoing, gathered, outgoing
from federation.standing import Standing, Strike
from protocol.ids import PeerId
from protocol.params import (
    GOSSIP_AUTHOR_BURST,
    GOSSIP_AUTHOR_RATE,
    GOSSIP_BACK_OFF,
    GOSSIP_BURST,
    GOSSIP_DEGREE,
    GOSSIP_DEGREE_HIGH,
    GOSSIP_DEGREE_LOW,
    GOSSIP_GRAFTS,
    GOSSIP_HEARTBEAT,
    GOSSIP_HISTORY,
    GOSSIP_RATE,
    GOSSIP_REJECT_COST,
    GOSSIP_REPEAT_COST,
    GOSSIP_SEEN,
    GOSSIP_WINDOW,
)

MAX_FRAME: Final = 8 * MAX_GOSSIP
"""Bytes of one gossip frame: a full message with its signature, or the largest list of message ids."""

MAX_SUBSCRIPTIONS: Final = 100
"""Topics that one peer may subscribe to; a member needs a dozen."""

FRAMES_AT_A_TIME: Final = 16
"""Frames of one neighbour that are taken before others have a turn; some milliseconds of signature checks."""


class Gossip(Pubsub):  # type: ignore[misc]  # the library is untyped
    """Reads every neighbour in its own task, at the pace that its credit allows, and judges before passing on.

    A neighbour that says more than its allowance is read more slowly, so flow control pushes back on it alone.
    """

    seen_messages: Any

    def __init__(self, host: Any, inbox: Inbox, standing: Standing) -> None:
        super().__init__(
            host,
            _router(),
            strict_signing=True,
            max_inbound_rpc_size=MAX_FRAME,
            max_subscriptions_per_peer=MAX_SUBSCRIPTIONS,
        )
        self.seen_messages.stop()  # its sweeper is a thread that outlives the host
        self.seen_messages = _Seen()
        self.counter = time.time_ns()  # in whole seconds, as in the library, a restart repeats numbers already used
        self._inbox = inbox
        self._standing = standing
        self._credit = Credit(GOSSIP_RATE, GOSSIP_BURST)
        self._authors = Credit(GOSSIP_AUTHOR_RATE, GOSSIP_AUTHOR_BURST)
        self._deliveries = Deliveries()
        self._holders = Holders()
        self._writers: weakref.WeakKeyDictionary[Any, trio.Lock] = weakref.WeakKeyDictionary()

    async def stream_handler(self, stream: Any) -> None:
        """Read one neighbour until its stream ends or makes no sense; the host contains what is raised then."""
        neighbour = stream.muxed_conn.peer_id
        frames = Frames(stream.muxed_stream)
        await self._greet_again(neighbour)
        while True:
            await trio.lowlevel.checkpoint()
            try:
                for _ in range(FRAMES_AT_A_TIME):
                    await self._take(neighbour, await frames.read_varint_frame(MAX_FRAME))
            except StreamEndError:
                raise
            except (DecodeError, FrameError):
                self._strike(neighbour, Strike.MALFORMED)
                raise

    async def push_msg(self, msg_forwarder: ID, msg: Any) -> None:
        """Check, judge, deliver and pass on one message, ours or another's; cheap checks first."""
        own = msg_forwarder == self.my_id
        author = peer_of(msg.from_id)
        if author is None or len(msg.topicIDs) != 1 or len(msg.data) > MAX_GOSSIP:
            self._strike(msg_forwarder, Strike.REJECTED)
            return
        key = self.get_message_id(msg)
        if not own:
            self._deliveries.brought(msg_forwarder)
            self._holders.note(key, msg_forwarder)
            repeated = self.seen_messages.has(key)
            await self._credit.pay(msg_forwarder, GOSSIP_REPEAT_COST if repeated else 1.0)
        if self.seen_messages.has(key) or (not own and ID(msg.from_id) == self.my_id):
            return
        if not own and not _signed_by(author, msg):
            self._strike(msg_forwarder, Strike.FORGED)
            return
        self.seen_messages.add(key)
        if not own and not self._admit(msg_forwarder, msg.topicIDs[0], Message(author=author, payload=msg.data)):
            return
        await self.router.publish(msg_forwarder, msg)

    async def handle_sending_messages(self, peer_id: ID, stream: Any, queue: Any) -> None:
        """Send a neighbour at once all that waits for it, but for what it has brought us itself meanwhile."""
        try:
            while (first := await queue.pop()) is not None:
                await trio.lowlevel.checkpoint()  # what comes with it in the same breath goes with it
                frames = gathered(first, queue, lambda key: self._holders.has(key, peer_id))
                async with self._writers.setdefault(stream, trio.Lock()):
                    await stream.muxed_stream.write(frames)
        except Exception:  # noqa: BLE001  # the gate: a broken stream has a dozen unrelated types
            self._handle_dead_peer(peer_id)

    async def write_msg(self, stream: Any, rpc_msg: Any) -> Any:
        """Write one frame; the library lets two tasks interleave theirs on one stream."""
        async with self._writers.setdefault(stream, trio.Lock()):
            return await super().write_msg(stream, rpc_msg)

    async def _greet_again(self, neighbour: ID) -> None:
        """Repeat our topics to a neighbour that opens a new stream: if its old one broke, it has forgotten them."""
        await self._credit.pay(neighbour, 1.0)
        if neighbour in self.peer_queues:
            self.peer_queues[neighbour].push(self.get_hello_packet())

    async def _take(self, neighbour: ID, frame: bytes) -> None:
        rpc = rpc_pb2.RPC()
        rpc.ParseFromString(frame)
        rpc.ClearField("senderRecord")  # addresses come from cards and identify, and this costs a signature check
        for subscription in rpc.subscriptions[:MAX_SUBSCRIPTIONS]:
            self.handle_subscription(neighbour, subscription)
        for message in rpc.publish:
            await self.push_msg(neighbour, message)
        if rpc.HasField("control"):
            await self._credit.pay(neighbour, 1.0)
            await self.router.handle_rpc(rpc, neighbour)

    def _admit(self, neighbour: ID, topic: str, message: Message) -> bool:
        """Deliver ``message`` if its judge accepts it; whether it is to be passed on."""
        if self._standing.barred(message.author):
            return False
        verdict = self._inbox.judge(topic, message)
        if verdict is Verdict.REJECT:
            self._strike(neighbour, Strike.REJECTED)
        if verdict is not Verdict.ACCEPT:
            return False
        self._inbox.deliver(topic, message)
        for withholding in self._deliveries.accepted(self.router.mesh.get(topic, ()), trio.current_time()):
            self._strike(withholding, Strike.WITHHELD)
        return self._authors.spend(message.author, 1.0) >= 0

    def _strike(self, neighbour: ID, why: Strike) -> None:
        """Hold ``why`` against a neighbour: it is read more slowly from now on, and in the end not at all."""
        self._credit.spend(neighbour, GOSSIP_REJECT_COST)
        peer = peer_of(neighbour.to_bytes())
        if peer is not None and neighbour != self.my_id:
            self._standing.strike(peer, why)


def _signed_by(author: PeerId, message: Any) -> bool:
    """Whether ``author`` signed ``message`` (libp2p pubsub, strict signing); its identity is its key."""
    unsigned = rpc_pb2.Message(
        from_id=message.from_id, data=message.data, seqno=message.seqno, topicIDs=message.topicIDs
    )
    try:
        key = Ed25519PublicKey.from_bytes(author)
        return bool(key.verify(PUBSUB_SIGNING_PREFIX.encode() + unsigned.SerializeToString(), message.signature))
    except ValueError:  # of the wrong length
        return False


class _Seen:
    """The latest message ids; the eldest is forgotten first."""

    def __init__(self) -> None:
        self._ids: dict[bytes, None] = {}

    def has(self, key: bytes) -> bool:
        return key in self._ids

    def add(self, key: bytes) -> None:
        self._ids[key] = None
        if len(self._ids) > GOSSIP_SEEN:
            del self._ids[next(iter(self._ids))]


class Router(GossipSub):  # type: ignore[misc]
    """GossipSub that hands a message to its neighbours and does nothing else with it.

    The library signs a record of our addresses for every message that it passes on, and asks itself three questions
    about protocol versions that we do not speak; together they cost more than the message.
    """

    async def publish(self, msg_forwarder: ID, pubsub_msg: Any) -> None:
        """Pass on a message that is ours or was accepted."""
        self.mcache.put(pubsub_msg)
        key = self.pubsub.get_message_id(pubsub_msg)
        message: Outgoing | None = None
        for peer in self._hearers(pubsub_msg.topicIDs, msg_forwarder, ID(pubsub_msg.from_id), key):
            queue = self.pubsub.peer_queues.get(peer)
            if queue is not None:
                message = message or outgoing(key, pubsub_msg)
                queue.push(message)

    def _get_in_topic_gossipsub_peers_from_minus(
        self,
        topic: str,
        num_to_select: int,
        minus: Any,
        backoff_check: bool = False,  # noqa: FBT001, FBT002  # the library's signature
    ) -> Any:
        """Whom to take into a mesh: few at a time, for those who take us in at the same moment come on top."""
        wanted = min(num_to_select, GOSSIP_GRAFTS) if backoff_check else num_to_select
        return super()._get_in_topic_gossipsub_peers_from_minus(topic, wanted, minus, backoff_check)

    async def emit_control_message(self, control_msg: Any, to_peer: ID) -> None:
        """Send a control message alone, for the record of our addresses that the library adds is read by nobody."""
        self.send_rpc(to_peer, rpc_pb2.RPC(control=control_msg), priority=True)

    def _hearers(self, topics: Any, forwarder: ID, origin: ID, key: bytes) -> Any:
        """Whom to hand a message: the mesh, or where we do not listen ourselves whom the library picks."""
        mesh = self.mesh.get(topics[0])
        if mesh is None:
            return self._get_peers_to_send(topics, msg_forwarder=forwarder, origin=origin, msg_id=key)
        return mesh.difference((forwarder, origin))


def _router() -> Any:
    router = Router(
        protocols=[TProtocol(PROTOCOL_ID_V11)],
        degree=GOSSIP_DEGREE,
        degree_low=GOSSIP_DEGREE_LOW,
        degree_high=GOSSIP_DEGREE_HIGH,
        heartbeat_interval=GOSSIP_HEARTBEAT,
        gossip_window=GOSSIP_WINDOW,
        gossip_history=GOSSIP_HISTORY,
        do_px=False,
        prune_back_off=GOSSIP_BACK_OFF,
        adaptive_gossip_enabled=False,  # would stretch the heartbeat to 30 s in a small federation
        spam_protection_enabled=False,  # would drop all above 10 messages a second in silence
        eclipse_protection_enabled=False,  # asks for three address ranges, and a devnet has one
    )
    router.scorer = None  # each second it scores whole meshes, and would change them; whom we trust is for ``Standing``
    router.recent_message_deliveries = defaultdict(lambda: deque(maxlen=1))  # grows for ever in the library
    return router
