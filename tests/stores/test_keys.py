import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.store import KEY, OUTSIDE
from workers.errors import Permanent
from workers.stores.keys import fault, parts


def test_a_good_key_is_split_at_its_slashes() -> None:
    assert parts(KEY) == ("community", "20261122T000000Z-full-9f3a11c2", "segments", "000001.data.zst")


@pytest.mark.parametrize("key", OUTSIDE)
def test_a_bad_key_is_quoted_with_what_is_wrong(key: str) -> None:
    with pytest.raises(Permanent, match=r"is no key of a store: (a part of it|it holds)"):
        parts(key)


@given(st.text(alphabet="ab/.\\\0\ud800가 ", max_size=12))
def test_no_accepted_key_can_leave_its_store(key: str) -> None:
    if fault(key) is None:
        assert not key.startswith("/")
        assert not {"", ".", ".."} & set(key.split("/"))
        key.encode()
