"""What a node finds wrong with itself: looked at when somebody asks, and told with what to do about it."""

from federation.network import Network
from node.errors import UnavailableError
from node.identity import Identity
from node.views import Document
from node.workflows.ledger_reads import LedgerReads
from node.workflows.parcels import Parcels
from node.workflows.runner import Runner
from node.workflows.settlement import Settlement
from node.workflows.witness import Witness
from node.workflows.words import Names
from protocol.witness import check_split


class Health:
    """The checks behind ``guildmark doctor``."""

    def __init__(
        self,
        *,
        identity: Identity,
        network: Network,
        reads: LedgerReads,
        settlement: Settlement,
        runner: Runner,
        witness: Witness,
        parcels: Parcels,
    ) -> None:
        self._identity = identity
        self._network = network
        self._reads = reads
        self._settlement = settlement
        self._runner = runner
        self._witness = witness
        self._parcels = parcels

    async def checks(self, names: Names) -> list[Document]:
        """Each with its outcome: ``ok``, ``warn`` or ``fail``."""
        return [
            *await self._ledger_checks(),
            self._peer_check(),
            *await self._outbox_checks(),
            await self._log_check(names),
            *self._transfer_checks(),
        ]

    async def _ledger_checks(self) -> list[Document]:
        try:
            head = await self._reads.ask(lambda chain: chain.head())
            rules = await self._reads.rules()
            member = await self._reads.member(self._identity.account)
        except UnavailableError as error:
            return [_check("fail", "ledger", f"{error}; is its process running? Work goes on when it is back")]
        behind = self._reads.wall() - head.timestamp
        checks = [_check("ok" if behind < 60 else "warn", "ledger", f"block {head.number}, {behind} s old")]
        checks.append(_check("ok", "rules", f"version {rules.version}, fee {rules.fee / 100:g} %"))
        known = member is not None and member.peer == self._identity.peer
        checks.append(
            _check("ok", "membership", "registered")
            if known
            else _check("fail", "membership", "not registered yet; the registration waits in the outbox")
        )
        return checks

    async def _log_check(self, names: Names) -> Document:
        culprits = {check_split(evidence) for evidence in await self._witness.splits()}
        if not culprits:
            return _check("ok", "logs", "no provider's log showed two histories")
        whose = ", ".join(sorted(map(names, culprits)))
        return _check(
            "warn", "logs", f"two histories in the log of {whose}: do not rely on its records; evidence is kept"
        )

    def _peer_check(self) -> Document:
        peers = len(self._network.peers())
        if peers == 0:
            return _check("fail", "peers", "connected to nobody; check network.bootstrap in node.toml")
        return _check("ok", "peers", f"connected to {peers}")

    def _transfer_checks(self) -> list[Document]:
        return [
            _check("ok", "transfer", f"{one.what}: {one.received / 2**20:.1f} of {one.size / 2**20:.1f} MiB")
            for one in self._parcels.fetching()
        ]

    async def _outbox_checks(self) -> list[Document]:
        pending, undone = await self._settlement.pending(), len(await self._runner.undone())
        checks = [_check("fail", "outbox", alarm.text) for alarm in self._settlement.alarms]
        if not checks:
            checks.append(_check("ok" if pending < 20 else "warn", "outbox", f"{pending} transactions under way"))
        if undone:
            text = f"{undone} events were in blocks that are gone; their jobs wait until the ledger says them again"
            checks.append(_check("warn", "fork", text))
        return checks


def _check(status: str, what: str, text: str) -> Document:
    return {"status": status, "what": what, "text": text}
