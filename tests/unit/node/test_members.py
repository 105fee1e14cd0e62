"""Who counts as a member, between what was asked and what the ledger has said since."""

import trio
from trio.testing import MockClock

from node.members import ASK_STRANGER_AGAIN_SECONDS, Members
from protocol.ids import Address, PeerId

PEER, ACCOUNT = PeerId(b"p" * 32), Address(b"a" * 20)


class Registry:
    """A ledger that answers what it is told to, and counts."""

    def __init__(self) -> None:
        self.account: Address | None = None
        self.asked = 0

    async def look_up(self, _peer: PeerId) -> Address | None:
        self.asked += 1
        return self.account


async def test_a_registration_counts_as_soon_as_the_ledger_has_it(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    """Whoever was looked up a moment before would else stay a stranger, with a stranger's room, for seconds."""
    registry = Registry()
    members = Members(registry.look_up)
    nursery.start_soon(members.run)
    assert members.member(PEER)  # credit while it is being asked for
    await trio.testing.wait_all_tasks_blocked()
    assert not members.member(PEER)
    members.registered(PEER, ACCOUNT)
    assert members.member(PEER)
    assert members.account_of(PEER) == ACCOUNT
    assert registry.asked == 1


async def test_a_stranger_is_looked_up_again_before_long(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    registry = Registry()
    members = Members(registry.look_up)
    nursery.start_soon(members.run)
    members.account_of(PEER)
    await trio.testing.wait_all_tasks_blocked()
    registry.account = ACCOUNT
    assert members.account_of(PEER) is None
    await trio.sleep(ASK_STRANGER_AGAIN_SECONDS + 1)
    members.account_of(PEER)
    await trio.testing.wait_all_tasks_blocked()
    assert members.account_of(PEER) == ACCOUNT
    assert registry.asked == 2
