"""A py-libp2p 0.8.1 host that one bad peer cannot end: refuses plaintext, idle handshakes and unbounded buffers.

Each piece names the fault of the library that it contains; ``tests/network/test_containment.py`` provokes them. The
version is pinned by the lock, and a new one is taken only when those tests pass on it.
"""

import functools
import logging
import os
from typing import Any, Final

import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key
from libp2p.custom_types import TProtocol
from libp2p.network import swarm as swarm_module
from libp2p.network.config import ConnectionConfig
from libp2p.pubsub import rpc_queue as queue_module
from libp2p.rcmgr import ResourceLimits, new_resource_manager
from libp2p.rcmgr.connection_limits import ConnectionLimits
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
from multiaddr import Multiaddr

from federation.network.libp2p_admission import Admission
from federation.network.libp2p_muxer import CreditMuxer
from federation.network.libp2p_muxer import install as install_muxer
from federation.network.libp2p_session import Noise
from federation.standing import Standing

log = logging.getLogger("guildmark.network")

HANDSHAKE_SECONDS: Final = 5
"""For a connection to be secured or a stream's protocol agreed; a peer that stays silent longer is cut off."""

MAX_CONNECTIONS: Final = 256
"""Connections, ours and theirs: a federation's members, and room for strangers that come and go."""

MAX_INBOUND: Final = 200
"""Of these, how many may be theirs, so that strangers never keep us from dialling members."""

MAX_PER_PEER: Final = 4
"""Connections of one peer: one, a second when both dial at once, and the same again while dead ones are noticed."""

MAX_STREAMS: Final = 4096
"""Streams of all connections."""

PEER_QUEUE: Final = 512
"""Gossip frames that wait for one peer; the library's 32 drop a burst in silence, and nothing repairs the loss."""

DIAL_STAGGER_SECONDS: Final = 0.01
"""Between parallel dials; the library makes even the only one wait for 0.25 s."""


def new_contained_host(
    seed: bytes, listen: Multiaddr, standing: Standing, private: bytes | None = None
) -> tuple[Any, Admission]:
    """A host for the Ed25519 identity of ``seed``, not yet running, and its gates."""
    _set_limits()
    keys = create_new_key_pair(seed)
    host = new_host(
        key_pair=keys,
        psk=None if private is None else private.hex(),
        # Noise alone: by default the library also accepts peers that speak in the clear and prove nothing.
        sec_opt={NOISE: Noise(keys, noise_privkey=create_noise_key().private_key)},
        muxer_opt={TProtocol(YAMUX): CreditMuxer},
        listen_addrs=[listen],
        negotiate_timeout=HANDSHAKE_SECONDS,
        connection_config=_connection_config(),
        resource_manager=new_resource_manager(
            limits=ResourceLimits(max_connections=MAX_CONNECTIONS, max_streams=MAX_STREAMS),
            connection_limits=ConnectionLimits(
                max_established_inbound=MAX_INBOUND, max_established_per_peer=MAX_PER_PEER
            ),
        ),
        disable_identify_address_discovery=True,
    )
    swarm = host.get_network()
    admission = Admission(swarm, standing)
    swarm.set_stream_handler(admission.contained(host._swarm_stream_handler))  # noqa: SLF001
    swarm._do_handle_inbound_connection = admission.admit  # noqa: SLF001
    swarm.auto_connector.maybe_connect = _dial_nobody
    swarm._notify = functools.partial(_of_connections, swarm._notify)  # noqa: SLF001
    return host, admission


async def _of_connections(notify: Any, what: str, *about: Any) -> None:
    """Tell of connections alone: nobody listens for streams, and to tell of one takes longer than to open it."""
    if what not in ("opened_stream", "closed_stream"):
        await notify(what, *about)


async def _dial_nobody() -> None:
    """In place of the library's connector, which dials whatever address a peer tells about itself or others."""
    await trio.lowlevel.checkpoint()


def within(seconds: float) -> trio.CancelScope:
    """A bounded time for what must be done even when the task is cancelled."""
    return trio.CancelScope(deadline=trio.current_time() + seconds, shield=True)


def _set_limits() -> None:
    """Set those limits that the library keeps per process and not per host."""
    swarm_module._HAPPY_EYEBALLS_DELAY = DIAL_STAGGER_SECONDS  # noqa: SLF001
    install_muxer()
    queue_module.RpcQueue.__init__.__defaults__ = (PEER_QUEUE, queue_module.DefaultMaxMessageSize)
    if "LIBP2P_DEBUG" not in os.environ:  # it logs every hostile or vanished peer as an error of ours
        logging.getLogger("libp2p").setLevel(logging.CRITICAL)


def _connection_config() -> ConnectionConfig:
    return ConnectionConfig(
        min_connections=0,
        low_watermark=0,  # no dialling on its own account: whom we dial is decided by the dialler
        high_watermark=MAX_CONNECTIONS,
        max_connections=MAX_CONNECTIONS,
        inbound_upgrade_timeout=HANDSHAKE_SECONDS,
        outbound_upgrade_timeout=HANDSHAKE_SECONDS,
        inbound_stream_protocol_negotiation_timeout=HANDSHAKE_SECONDS,
        outbound_stream_protocol_negotiation_timeout=HANDSHAKE_SECONDS,
        enable_health_monitoring=False,  # asks on a stream of its own; ``CreditMuxer`` sees to it by a frame
    )
