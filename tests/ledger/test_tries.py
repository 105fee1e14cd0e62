from eth.db.trie import make_trie_root_and_nodes
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.embedded.tries import list_trie


class _Item(bytes):
    def encode(self) -> bytes:
        return bytes(self)


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=80), max_size=40), st.integers(0, 3))
def test_the_trie_in_one_pass_is_the_trie_by_insertion(items: list[bytes], copies: int) -> None:
    longer = items * (1 + 3 * copies)
    root, nodes = list_trie(longer)
    assert (root, nodes) == make_trie_root_and_nodes(tuple(map(_Item, longer)))
