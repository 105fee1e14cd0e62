"""A machine breaks after the award of a forked routing: another shop's joins the parts, and the customer knows why."""

import pytest

from devnet.federation import Federation
from tests.devnet.jobs import finish, post, say, settled_balance, until, wait_for

pytestmark = pytest.mark.slow

LAST = 2
"""The assignment that measures what two makers made side by side, on a machine that its shop has once."""


def test_work_of_a_machine_that_breaks_is_made_by_another_shop_and_the_customer_knows_why(
    federation: Federation,
) -> None:
    before = settled_balance(federation)
    job = post(federation, after=["2:", "3:1,2"])
    wait_for(federation, "customer", job, "OperationAccepted", 3)
    with federation.client("customer") as client:
        first, second, promised = client.job(job)["assignments"]
    assert second["ready_by"] < first["finish_by"] <= promised["ready_by"] >= second["finish_by"]
    maker, machine = promised["provider"], promised["machine"]
    out = say(federation, maker, "shop", "out", machine, "--reason", "the probe is bent")
    try:
        assert [row["machine"] for row in out["out"]] == [machine]
        assert not [task for task in out["tasks"] if task["machine"] == machine]
        federation.processes[maker].kill()
        federation.restart(maker)
        document = finish(federation, job)
        assert [row["machine"] for row in say(federation, maker, "shop", "schedule")["out"]] == [machine]
    finally:
        back = say(federation, maker, "shop", "back", machine)
    assert back["out"] == []
    assert document["phase"] == "settled", document["reason"]
    (told,) = document["setbacks"]
    assert (told["maker"], told["number"], told["trouble"]) == (maker, LAST + 1, "machine")
    (changed,) = document["replacements"]
    assert (changed["from"], changed["cause"]) == (maker, "declined")
    made = document["assignments"][LAST]
    assert (made["provider"], made["steps"]) == (changed["to"], document["quantity"])
    assert made["machine"] != machine
    after = settled_balance(federation)
    assert sum(after.accounts.values()) == sum(before.accounts.values())
    assert after.locked == 0
    with federation.client("auditor") as client:
        audited = client.audit(document["parts"][0]["serial"])
    assert audited["verdict"] == "holds", audited
    with federation.client(maker) as client:
        until(lambda: client.job(job)["terminal"], "the old maker lets go of the job")
