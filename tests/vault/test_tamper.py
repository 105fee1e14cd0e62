"""What was tampered with is refused; many more tampers: make tamper-seal COUNT=100000."""

from tests.vault.tamper import MASTERS, commitment_on_ledger, encode, opened, sound, tamper


def test_a_sound_delivery_opens() -> None:
    for long in (False, True):
        received = sound(MASTERS[0], 2, long=long)
        commitment = commitment_on_ledger(received.delivery)
        assert opened(encode(received), 2, commitment).startswith(b"\0" if long else b"how to")


def test_no_tampered_delivery_is_accepted() -> None:
    reasons, accepted = tamper(3_000, seed=4711)
    assert accepted == []
    assert sum(reasons.values()) == 3_000
    expected = {"content does not decrypt", "released key does not open", "entry is not in the tree"}
    assert expected <= set(reasons)
