"""Which targets can be asked for the names in their backups."""

from typing import Any

import pytest

from workers.bench import looking
from workers.errors import Refused


def test_a_source_without_names_is_refused_with_those_that_have_them(orders: Any) -> None:
    with pytest.raises(Refused, match=r"community is a target of source mysql, whose backups have no index of names; .*: files, "):
        looking.source(orders.app.tools, "community")
