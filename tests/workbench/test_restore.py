"""A restore's own judgement: counts equal the manifest, or it failed."""

import pytest

from workers.artifact import Count
from workers.bench.restore import equal
from workers.errors import Permanent

WANTED = (Count("posts", 10), Count("users", 5, exact=False))


def test_equal_counts_pass_and_an_estimate_is_compared_by_name_only():
    equal(WANTED, (Count("posts", 10), Count("users", 7), Count("more", 1)))


@pytest.mark.parametrize("found", [(Count("posts", 9), Count("users", 5)), (Count("users", 5),), (Count("posts", 10),)])
def test_a_missing_row_or_table_is_named(found):
    with pytest.raises(Permanent, match="not equal to the manifest"):
        equal(WANTED, found)
