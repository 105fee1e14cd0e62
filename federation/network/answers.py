"""What becomes of one request, alike under every network: an answer, or a refusal that tells no internals."""

import logging

from federation.errors import RefusedError
from federation.network import MAX_RESPONSE, Answer
from protocol.errors import IgnoreError, RejectError
from protocol.ids import PeerId

log = logging.getLogger("guildmark.network")

MAX_TEXT = 512
"""Characters of a refusal's text; it is for a log."""


async def answer_or_refusal(answer: Answer, peer: PeerId, request: bytes) -> bytes | RefusedError:
    """Call ``answer``; what it raises becomes a refusal with one of the codes that ``RefusedError`` lists."""
    try:
        response = await answer(peer, request)
    except RefusedError as error:
        return RefusedError(error.code, error.text[:MAX_TEXT])
    except RejectError as error:
        return RefusedError("rejected", str(error)[:MAX_TEXT])
    except IgnoreError as error:
        return RefusedError("ignored", str(error)[:MAX_TEXT])
    except Exception as error:  # the gate: a request that breaks its answer must not break the node
        log.warning("an answer to %s failed", peer.hex()[:8], exc_info=error)
        return RefusedError("failed", type(error).__name__)
    if len(response) > MAX_RESPONSE:
        log.error("an answer of %d bytes; at most %d are carried", len(response), MAX_RESPONSE)
        return RefusedError("oversize", f"{len(response)} bytes")
    return response
