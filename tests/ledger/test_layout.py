"""The contracts keep their storage where ``ledger.layout`` says, as their own views confirm."""

import pytest

from ledger.chain import account_of
from ledger.layout import anchored_of, epoch_of, head_slot, licence_of, licence_slot, member_slot, passport_slot
from ledger.proofs import prove, verify
from ledger.types import Transaction
from protocol.ids import Digest, EncryptionKey, PeerId
from protocol.membership import CUSTOMER as CUSTOMER_ROLE
from protocol.units import UnixSeconds
from tests.ledger.conftest import CUSTOMER, Ledger

pytestmark = pytest.mark.slow

COMMITMENT, PACKAGE = Digest(b"c" * 32), Digest(b"p" * 32)
ME = account_of(CUSTOMER)


def send(ledger: Ledger, *transactions: Transaction) -> int:
    """Mine them together; the block's number."""
    first = ledger.chain.nonce(ME)
    for nonce, transaction in enumerate(transactions, start=first):
        ledger.chain.send(ledger.chain.sign(CUSTOMER, transaction, nonce=nonce, gas=300_000).raw)
    return int(ledger.server.node.mine().block_number)


def test_a_licence_s_first_word_is_proven_as_the_contract_tells_it(ledger: Ledger) -> None:
    designs, later = ledger.contracts.designs, UnixSeconds(2**40)
    licence = designs.licence_id(owner=ME, commitment=COMMITMENT, package=PACKAGE, licensee=ME)
    place = (designs.address, licence_slot(licence))
    granted = designs.license(COMMITMENT, package=PACKAGE, licensee=ME, units=7, expiry=later)
    made = designs.record(licence, 3, Digest(b"e" * 32))
    for transactions in ((designs.seal(COMMITMENT), granted), (made,)):
        number = send(ledger, *transactions)
        word = verify(prove(ledger.chain, number, storage=[place])).storage[place]
        assert licence_of(word) == designs.standing(ledger.chain, licence)
    assert (licence_of(word).units, licence_of(word).made, licence_of(word).revoked) == (7, 3, False)


def test_a_publisher_s_count_is_proven_as_the_contract_tells_it(ledger: Ledger) -> None:
    provenance = ledger.contracts.provenance
    place = (provenance.address, head_slot(ME))
    for count, total in ((5, 5), (2, 7)):
        number = send(ledger, provenance.anchor(Digest(b"r" * 32), count))
        word = verify(prove(ledger.chain, number, storage=[place])).storage[place]
        assert anchored_of(word) == provenance.head_of(ledger.chain, ME)[1] == total


def test_a_passport_s_head_is_proven_as_the_contract_tells_it(ledger: Ledger) -> None:
    designs, passports, later = ledger.contracts.designs, ledger.contracts.passports, UnixSeconds(2**40)
    licence = designs.licence_id(owner=ME, commitment=COMMITMENT, package=PACKAGE, licensee=ME)
    serial, head = designs.serial_id(licence, 2), Digest(b"h" * 32)
    place = (passports.address, passport_slot(serial))
    granted = designs.license(COMMITMENT, package=PACKAGE, licensee=ME, units=7, expiry=later)
    before = send(ledger, designs.seal(COMMITMENT), granted, designs.record(licence, 3, Digest(b"e" * 32)))
    assert verify(prove(ledger.chain, before, storage=[place])).storage[place] == 0
    word = verify(prove(ledger.chain, send(ledger, passports.issue(licence, 2, head)), storage=[place])).storage[place]
    assert Digest(word.to_bytes(32, "big")) == passports.head(ledger.chain, serial) == head


def test_an_account_s_epoch_is_proven_as_the_contract_tells_it(ledger: Ledger) -> None:
    members, later = ledger.contracts.members, UnixSeconds(ledger.chain.head().timestamp + 10_000)
    place = (members.address, member_slot(ME))
    entering = members.register(
        roles=CUSTOMER_ROLE, peer=PeerId(b"p" * 32), encryption_key=EncryptionKey(b"e" * 32), expiry=later
    )
    for transaction, epoch in ((entering, 1), (members.revoke(), 2), (entering, 3)):
        word = verify(prove(ledger.chain, send(ledger, transaction), storage=[place])).storage[place]
        assert epoch_of(word) == epoch
    found = members.member(ledger.chain, ME)
    assert found is not None
    assert found.epoch == 3
