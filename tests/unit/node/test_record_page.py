"""A page of records is cut by its bytes, so that records with large measurements come in more pages and not in none."""

from node.workflows.record_exchange import fitting
from protocol.params import MAX_RECORDS_REPLY
from protocol.record import LoggedRecord, Record
from protocol.wire import encode


def record(number: int, size: int) -> LoggedRecord:
    return LoggedRecord(record=Record(envelope=b"e", disclosures=("d" * size,)), index=number, proof=())


def test_what_fits_is_one_page() -> None:
    records = [record(number, 100) for number in range(50)]
    assert fitting(records) == tuple(records)


def test_what_does_not_fit_is_cut_and_goes_on_where_it_was_cut() -> None:
    records, pages = [record(number, MAX_RECORDS_REPLY // 3) for number in range(7)], []
    while records:
        page = fitting(records)
        assert sum(len(encode(one)) for one in page) <= MAX_RECORDS_REPLY
        pages.append(len(page))
        records = records[len(page) :]
    assert pages == [2, 2, 2, 1]


def test_a_record_larger_than_a_page_still_goes() -> None:
    assert len(fitting([record(0, 2 * MAX_RECORDS_REPLY), record(1, 1)])) == 1
