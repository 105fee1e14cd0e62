"""A released key opens with one seed, for one package of one job."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import RejectError
from protocol.ids import Digest, JobId
from protocol.release import PUBLIC_BYTES, SEED_BYTES, ReleaseContext, open_release, public_half, release_key

SEED, KEY = bytes(range(96)), b"k" * 32
CONTEXT = ReleaseContext(chain=1, job=JobId(b"j" * 32), root=Digest(b"r" * 32), index=2)
RELEASED = release_key(public_half(SEED), KEY, CONTEXT)


def test_the_winner_opens_what_was_released_to_it() -> None:
    assert open_release(SEED, RELEASED, CONTEXT) == KEY
    assert len(public_half(SEED)) == PUBLIC_BYTES


def test_a_key_released_before_this_code_was_changed_still_opens() -> None:
    """Made once by another run, so that the format stays what it is."""
    assert open_release(SEED, bytes.fromhex(KNOWN), CONTEXT) == KEY


def test_two_releases_of_one_key_look_different() -> None:
    assert release_key(public_half(SEED), KEY, CONTEXT) != RELEASED


@pytest.mark.parametrize(
    "context",
    [
        replace(CONTEXT, chain=2),
        replace(CONTEXT, job=JobId(b"x" * 32)),
        replace(CONTEXT, root=Digest(b"x" * 32)),
        replace(CONTEXT, index=1),
    ],
)
def test_a_key_released_for_one_thing_opens_nothing_else(context: ReleaseContext) -> None:
    with pytest.raises(RejectError):
        open_release(SEED, RELEASED, context)


def test_nobody_else_opens_it() -> None:
    with pytest.raises(RejectError):
        open_release(bytes(SEED_BYTES), RELEASED, CONTEXT)


@given(st.integers(0, len(RELEASED) - 1), st.integers(1, 255))
def test_one_changed_byte_is_noticed(position: int, flip: int) -> None:
    changed = bytearray(RELEASED)
    changed[position] ^= flip
    with pytest.raises(RejectError):
        open_release(SEED, bytes(changed), CONTEXT)


@pytest.mark.parametrize("public", [b"", bytes(PUBLIC_BYTES - 1), bytes(PUBLIC_BYTES + 1), b"\xff" * PUBLIC_BYTES])
def test_what_is_no_release_key_is_rejected(public: bytes) -> None:
    with pytest.raises(RejectError):
        release_key(public, KEY, CONTEXT)


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(len(RELEASED)), RELEASED + b"x"])
def test_what_is_no_released_key_is_rejected(sealed: bytes) -> None:
    with pytest.raises(RejectError):
        open_release(SEED, sealed, CONTEXT)


KNOWN = (
    "7e8592e292652e8461f2ebf04fef510288b83d684ec238908b712f2ab4b99cfb6ba82603b21d04a286057ed7f8adc7373a20871d7ccf1abf"
    "460163baa5da9f1d603733d90a8ec4995f46eb4664aa36303e5dc06a32804d7ed4ca747d249163b4ddc099fc9b5dc8e0b04fb40fa793076a"
    "da6f81337eca4164bc84b9b6e61612393d1b1371052048c95b2afdc3a6a0c13436e44560f007df92061f00d7ebdb13df9f397c9243d78137"
    "957b6527493aea326d973c0e364894b50043fde850c989c45c9dfc301a67209d1007f3812cc05c7fbee3337e1dccbf1d9c3b2931aa0a3d80"
    "e885d9a9e03961fe8a4ac45a2297523cbb965b8e7f37f5b55ce5e09472466f37a35087f37ef7fc4ac344dc7ff403824bdb0654b683db0c1c"
    "0539e255a809d96f63978f015b4be38213f6840b8e178f9a0a4f97f26f88de83f9759a984a1e6cb6bec32bcc6d83a27e7422d2cd206cb634"
    "58a9922446020be794323274fc1ced37e1553a78dcfc06918be309ae318085f927de66280b6db3363079fa7f596a89134ef9d04f5b8f03c7"
    "11be5bba4578312f9919cfe17f6e2adc8a1a9e545afa1fa55f4ca6fbdfa7db02f5853f6afc260d001437e58e9309bd0467d364ba0adb1607"
    "3e1bdea397eed33c07c131e4ac72f3f0977607b2ee0476247991d6850755bcbca12b3b3c6dcbcb303839488a9321119431c2e35cc12d5a3d"
    "18c9654ae6fd5d84bff04914f889b18cab83bd0154dc0f60821a49e9818c3a494e1e4e0f2a44e0475cccdbd1566ee7b05ed97874c4ec71d7"
    "fed5e0a2355d3765ebc97f2301af108c9d07326473c2eea9e3fb71e9bde1b62cdefeae2f77b99daaaac3da7b4d43e239ff739817bce27d95"
    "58b1c513c0d0e04e2b09b59901348675193de94195d4d2e6fd582cde482af2d3fedab1cd4470307557e6d99e34ae8b9b0ea60bf82749d3c7"
    "5455ffe463a63f82e5aa3e0233b126a092c509eb4fe3f8873b31f32d8bda925346aea64518758ee85cf64667bc249c6375224d96a8b25bbe"
    "6f8471a56d3a6431d910ec804a0b6f0038825f8b9f7772a5d2423e224ea2f8fe265813e9db5ee8ec54b88d19708af93009806f1b17b69961"
    "32fa13c39f6af65d6b95da109a0b009cdc187a24fa9a6875f36272eb924857b78ebd359a41826aea5e172fa763f4714a9e4190c143fbdbf8"
    "2f692061e709d21b74c5e1a7ba309f1ed8b1ee7d07fe1c961f62327e9f8cb013e1feeb80577077bdd348a7284f5ab4130549e6ff7cb83c8b"
    "5295d5c7e655759736ee677562718b19034dd19a3a3c133510eebe405bb4a4bcd4b2a2e9b440bee961d8cc13d53f10cc0e16aa0170ee19e7"
    "8bed380fbef2bd43ee99cdc0787b4f66d14681ebe5cf63429aa5586d997cafff2339843207019764ff18e3097aca72de55f1eee5e3589edd"
    "dfc4e1fe1c40f911566f1ae9dabae6a97c3d17ea8f956c96e7fda42e2c26535a044cf54130857f835ec1dd4b442af73f8f71bf5ea5152682"
    "a5899560371e73cf8f3dcf2b552b2605112bae218ba4d337404f336b29001e521023c88ab6d89a57c205f8b8926de134617d86f08ac22f72"
    "462813bf72d5cd429032604dba26db2b67d525898b74b45b691cb9318097a570965065a2c3f53ad34b3c1c6950cc3529"
)
