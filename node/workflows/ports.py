"""Which part of a node performs which effect of its jobs; cases and substitutes bind their own."""

import time

import trio

from node.workflows.answered import (
    CloseLog,
    ComputeBid,
    Confirm,
    FetchPackage,
    FetchResult,
    Forget,
    GatherReceipts,
    MakeParts,
)
from node.workflows.deliveries import Deliveries
from node.workflows.events import Announce, FetchRecords, Submit, WakeAt, Woke
from node.workflows.exchange import Exchange
from node.workflows.logbook import Logbook
from node.workflows.record_exchange import RecordExchange
from node.workflows.runner import Happened, Port, Runner
from node.workflows.settlement import Settlement
from node.workflows.shop import Shop


def bind(
    runner: Runner,
    exchange: Exchange,
    deliveries: Deliveries,
    records: RecordExchange,
    logbook: Logbook,
    shop: Shop,
    settlement: Settlement,
) -> None:
    """Name the port of every effect that posting and answering ask for."""

    async def wake(_stream: str, effect: WakeAt) -> Happened:
        await trio.sleep(max(0.0, effect.at - time.time()))
        return Happened(key=f"woke/{effect.key}", event=Woke(what=effect.key))

    runner.bind(
        {
            Submit: Port(perform=None, hook=Settlement.enqueue, owed=settlement.hurry),
            WakeAt: Port(perform=wake),
            Announce: Port(perform=exchange.announce),
            GatherReceipts: Port(perform=exchange.gather_receipts),
            Confirm: Port(perform=shop.confirm),
            FetchResult: Port(perform=exchange.fetch_result),
            FetchPackage: Port(perform=deliveries.fetch),
            FetchRecords: Port(perform=records.fetch),
            ComputeBid: Port(perform=shop.compute_bid),
            MakeParts: Port(perform=shop.make_parts),
            Forget: Port(perform=shop.forget),
            CloseLog: Port(perform=logbook.close),
        }
    )
