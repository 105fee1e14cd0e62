"""Answers by content, engine and options, the latest in memory; nothing is written, for an answer shows a part."""

from collections import OrderedDict

BYTES = 64 << 20
"""Of all answers kept; one with previews has about two hundred thousand."""


class Cache:
    """Forgets what was not asked for longest."""

    def __init__(self, most: int = BYTES) -> None:
        self._most = most
        self._size = 0
        self._answers: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, key: bytes) -> bytes | None:
        """The answer under ``key``, if it is still known."""
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    def put(self, key: bytes, answer: bytes) -> None:
        """Remember an answer, and forget old ones for it; one that is larger than everything is not kept."""
        self._size += len(answer) - len(self._answers.pop(key, b""))
        self._answers[key] = answer
        while self._size > self._most:
            _, gone = self._answers.popitem(last=False)
            self._size -= len(gone)
