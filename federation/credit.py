"""Token buckets, one per name; refuses nothing, but says by how much somebody is in debt, so that it can be slowed."""

from collections.abc import Hashable
from typing import Final

import trio

MAX_ACCOUNTS: Final = 1024
"""Accounts kept beyond which those are closed that are full again; identities are free."""


class Credit:
    """A balance per name that fills at ``rate`` a second up to ``burst``; it may run into debt."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._accounts: dict[Hashable, tuple[float, float]] = {}

    async def pay(self, name: Hashable, tokens: float) -> None:
        """Spend ``tokens``, and wait until the account is out of debt."""
        balance = self.spend(name, tokens)
        if balance < 0:
            await trio.sleep(-balance / self._rate)

    def spend(self, name: Hashable, tokens: float) -> float:
        """Take ``tokens`` and return the balance."""
        now = trio.current_time()
        balance, since = self._accounts.get(name, (self._burst, now))
        balance = min(self._burst, balance + (now - since) * self._rate) - tokens
        self._accounts[name] = (balance, now)
        if len(self._accounts) > MAX_ACCOUNTS:
            self._accounts = {
                n: (b, t) for n, (b, t) in self._accounts.items() if b + (now - t) * self._rate < self._burst
            }
        return balance
