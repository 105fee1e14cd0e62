"""Gives the entities of a STEP file other numbers and another order, which no reader may mind."""

import random
import re

_INSTANCE = re.compile(rb"#\d+\s*=(?:'(?:[^']|'')*'|[^';])*;")
_NUMBER = re.compile(rb"'(?:[^']|'')*'|#(\d+)")


def renumbered(step: bytes, seed: int) -> bytes:
    """The same file, told differently; the same seed tells it the same way."""
    chance = random.Random(seed)
    head, mark, data = step.partition(b"DATA;")
    body, end, tail = data.rpartition(b"ENDSEC;")
    instances = _INSTANCE.findall(body)
    numbers = [int(instance[1 : instance.index(b"=")]) for instance in instances]
    fresh = dict(zip(numbers, chance.sample(range(1, 3 * len(numbers) + 1), len(numbers)), strict=True))
    chance.shuffle(instances)

    def other(found: re.Match[bytes]) -> bytes:
        return b"#%d" % fresh[int(found[1])] if found[1] else found[0]

    return head + mark + b"\n" + b"\n".join(_NUMBER.sub(other, one) for one in instances) + b"\n" + end + tail
