"""Strikes follow the account and not the connection or the key, bar, and fade; neighbours that only take are found."""

import pytest
import trio
from trio.testing import MockClock

from federation.credit import MAX_ACCOUNTS, Credit
from federation.deliveries import ENOUGH, WINDOW_SECONDS, Deliveries
from federation.standing import HALF_LIFE_SECONDS, MAX_REMEMBERED, Standing, Strike
from protocol.ids import Address, PeerId

MILL, OVEN = PeerId(b"m" * 32), PeerId(b"o" * 32)


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def standing(time: Time, accounts: dict[PeerId, Address] | None = None) -> Standing:
    return Standing(time, (accounts or {}).get)


def test_twenty_rejected_messages_bar_and_a_half_life_of_silence_forgives() -> None:
    time = Time()
    here = standing(time)
    for _ in range(19):
        here.strike(MILL, Strike.REJECTED)
    assert not here.barred(MILL)
    here.strike(MILL, Strike.REJECTED)
    assert here.barred(MILL)
    assert not here.barred(OVEN)
    time.now = HALF_LIFE_SECONDS - 1
    assert here.barred(MILL)
    time.now = HALF_LIFE_SECONDS + 1
    assert not here.barred(MILL)


def test_who_is_barred_stays_barred_after_a_restart_and_fades_meanwhile() -> None:
    time = Time()
    before = standing(time)
    for _ in range(20):
        before.strike(MILL, Strike.REJECTED)
    before.strike(OVEN, Strike.REJECTED)
    time.now = HALF_LIFE_SECONDS / 2
    after = standing(time)
    after.restore(before.entries())
    assert after.barred(MILL)
    assert not after.barred(OVEN)
    assert after.points(OVEN) == pytest.approx(before.points(OVEN)) == pytest.approx(5 * 0.5**0.5)
    time.now = HALF_LIFE_SECONDS * 2
    assert not after.barred(MILL)


def test_who_has_nothing_to_bring_is_never_barred_for_it() -> None:
    time = Time()
    here = standing(time)
    for _ in range(24 * 60):
        time.now += WINDOW_SECONDS
        here.strike(MILL, Strike.WITHHELD)
        assert not here.barred(MILL)


def test_a_clock_that_is_put_back_adds_no_points() -> None:
    time = Time()
    time.now = 1e9
    here = standing(time)
    here.strike(MILL, Strike.REJECTED)
    time.now = 0.0
    assert here.points(MILL) == Strike.REJECTED.value


def test_a_registration_wipes_nothing_that_a_stranger_did() -> None:
    accounts: dict[PeerId, Address] = {}
    here = standing(Time(), accounts)
    for _ in range(20):
        here.strike(MILL, Strike.REJECTED)
    accounts[MILL] = Address(b"a" * 20)
    assert here.barred(MILL)
    here.strike(MILL, Strike.REJECTED)
    assert here.points(MILL) == 21 * Strike.REJECTED.value


def test_a_few_mistakes_a_day_bar_nobody() -> None:
    time = Time()
    here = standing(time)
    for _ in range(100):
        here.strike(MILL, Strike.FORGED)
        time.now += 3600
    assert not here.barred(MILL)


def test_a_member_that_changes_its_key_keeps_its_strikes() -> None:
    account = Address(b"a" * 20)
    accounts = {MILL: account}
    here = standing(Time(), accounts)
    here.strike(MILL, Strike.EQUIVOCATED)
    del accounts[MILL]
    accounts[OVEN] = account
    assert here.barred(OVEN)
    assert not here.barred(MILL)


def test_a_member_that_changes_its_key_keeps_its_good_name_too() -> None:
    accounts = {MILL: Address(b"a" * 20)}
    here = standing(Time(), accounts)
    assert not here.stranger(MILL)
    accounts[OVEN] = accounts.pop(MILL)
    assert not here.stranger(OVEN)
    assert here.stranger(MILL)


def test_free_identities_cannot_push_out_the_worst_offender() -> None:
    here = standing(Time())
    here.strike(MILL, Strike.EQUIVOCATED)
    for number in range(MAX_REMEMBERED + 10):
        here.strike(PeerId(number.to_bytes(32, "big")), Strike.REJECTED)
    assert here.barred(MILL)


def test_who_takes_part_in_a_mesh_and_brings_nothing_is_found() -> None:
    deliveries = Deliveries()
    deliveries.accepted((), 0.0)
    found: tuple[object, ...] = ()
    for number in range(2 * ENOUGH + 1):
        deliveries.brought("honest")
        if number % 20 == 0:
            deliveries.brought("slow")
        found = deliveries.accepted(("honest", "slow", "taker"), number * WINDOW_SECONDS / ENOUGH)
        if found:
            break
    assert found == ("taker",)


def test_nobody_is_judged_by_a_quiet_minute() -> None:
    deliveries = Deliveries()
    for number in range(ENOUGH - 1):
        assert deliveries.accepted(("taker",), number * 0.1) == ()
    assert deliveries.accepted((), WINDOW_SECONDS + 1) == ()


async def test_credit_fills_with_time_and_debt_is_waited_for(autojump_clock: MockClock) -> None:
    credit = Credit(rate=10, burst=100)
    started = trio.current_time()
    for _ in range(100):
        await credit.pay("mill", 1)
    assert trio.current_time() == started
    for _ in range(50):
        await credit.pay("mill", 1)
    assert trio.current_time() - started == pytest.approx(5, abs=0.2)
    assert credit.spend("oven", 1) == 99


async def test_accounts_that_are_full_again_are_closed(autojump_clock: MockClock) -> None:
    credit = Credit(rate=10, burst=10)
    credit.spend("debtor", 1e9)
    for number in range(MAX_ACCOUNTS):
        credit.spend(number, 1)
    await trio.sleep(10)
    credit.spend("newcomer", 1)
    assert len(credit._accounts) == 2
    assert credit.spend("debtor", 0) < 0
