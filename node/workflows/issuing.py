"""Has machine code made for a winner's machine after the award; the design is opened for it here and nowhere else."""

import logging
from collections import OrderedDict
from dataclasses import dataclass, field

import trio

from federation.errors import RefusedError
from node.design import exposure, materials
from node.design.errors import DesignError
from node.design.intake import Intake
from node.design.packages import Kind, Package
from node.design.reading import Options
from node.machine_code.errors import NoCodeError
from node.machine_code.issue import code_for
from node.machine_code.mark import mark_of
from node.machine_code.program import MEDIA_TYPE
from node.vault.vault import Vault
from node.workflows.posted import Post
from node.workflows.released import Issued
from protocol import wire
from protocol.errors import RejectError
from protocol.ids import PeerId
from protocol.profile import Profile, check_profile
from protocol.requests import PackageRequest
from protocol.seal import expand

log = logging.getLogger("guildmark.issuing")

PATIENCE = 5.0
"""Seconds that a winner's request waits for its code; then it is told to ask again."""

KEPT = 8
"""Finished codes in memory, for winners that ask again; older ones would be made anew."""

LARGEST = 64 << 20
"""Bytes of a package with code; it is made, sealed and kept for some time in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a winner gets for its request; without a package, the sealed one."""

    package: bytes | None = None
    issued: Issued | None = None
    note: str = ""


@dataclass(slots=True)
class _Making:
    done: trio.Event = field(default_factory=trio.Event)
    outcome: Outcome = field(default_factory=Outcome)


class Issuer:
    """Makes code once per winner and operation, one at a time, while its winner asks again and again."""

    def __init__(self, *, vault: Vault, intake: Intake, secret: bytes) -> None:
        self._vault = vault
        self._intake = intake
        self._secret = expand(secret, "mark")
        self._one = trio.CapacityLimiter(1)
        self._made: OrderedDict[bytes, _Making] = OrderedDict()
        self._nursery: trio.Nursery | None = None

    def open(self, nursery: trio.Nursery) -> None:
        """Work in ``nursery`` from now on."""
        self._nursery = nursery

    async def outcome(self, state: Post, request: PackageRequest, winner: PeerId) -> Outcome:
        """Code for the winner's machine, or why not.

        Raises:
            RefusedError: it is still being made.
        """
        if request.profile is None or self._nursery is None:
            return Outcome()
        try:
            check_profile(request.profile, state.call.operations[request.operation].process)
        except RejectError as error:
            return Outcome(note=str(error))
        key = request.job + request.operation.to_bytes(4, "big") + winner + wire.encode(request.profile)
        making = self._made.get(key)
        if making is None:
            making = self._made[key] = _Making()
            self._nursery.start_soon(self._make, making, state, request, request.profile, winner)
        self._made.move_to_end(key)
        with trio.move_on_after(PATIENCE):
            await making.done.wait()
        if not making.done.is_set():
            raise RefusedError("not-yet", "the machine code is being made")
        while len(self._made) > KEPT and next(iter(self._made.values())).done.is_set():
            self._made.popitem(last=False)
        return making.outcome

    async def _make(
        self, making: _Making, state: Post, request: PackageRequest, profile: Profile, winner: PeerId
    ) -> None:
        try:
            async with self._one:
                making.outcome = await self._code(state, request, profile, winner)
        except (NoCodeError, DesignError) as error:
            making.outcome = Outcome(note=str(error))
        except (OSError, RejectError, ArithmeticError, ValueError) as error:
            # A winner's machine must not end the customer's node, whatever geometry makes of it.
            log.exception("machine code for operation %d of %s", request.operation, request.job.hex()[:8])
            making.outcome = Outcome(note=f"it could not be made ({type(error).__name__})")
        finally:
            making.done.set()

    async def _code(self, state: Post, request: PackageRequest, profile: Profile, winner: PeerId) -> Outcome:
        """The code in its package.

        Raises:
            NoCodeError: there is none, or it is too large to hand over.
        """
        call, reading = state.call, state.posted.reading
        content = await trio.to_thread.run_sync(lambda: b"".join(self._vault.original(call.job)))
        options = Options(unit=reading.unit, thickness=reading.thickness, shape=True)
        shape = (await self._intake.read(content, options=options, name=state.posted.title)).shape
        mark = mark_of(self._secret, call.job, request.operation, winner)
        density = materials.find(call.part.material).density
        code = await code_for(shape, profile, quantity=call.quantity, density=density, mark=mark)
        seen = exposure.of_code(call.operations[request.operation].process)
        package = Package(
            kind=Kind.MACHINE_CODE,
            operation=request.operation,
            media_type=MEDIA_TYPE,
            content=wire.encode(code),
            notes=(),
            exposure=seen,
        )
        packed = wire.encode(package)
        if len(packed) > LARGEST:
            raise NoCodeError(f"the code has {len(packed):,} bytes, more than is kept in memory")
        files = tuple(file.sha256 for file in code.files)
        issued = Issued(files=files, mark=mark, exposure=seen.score, reason=seen.reason)
        return Outcome(package=packed, issued=issued)
