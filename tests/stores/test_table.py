"""The table of stores, and the options of a local one."""

from pathlib import Path

import pytest

from workers.plans import Store as Row
from workers.ports import Store
from workers.stores import STORES, open_store
from workers.stores.options import LocalOptions


@pytest.mark.parametrize("kind", STORES)
def test_every_row_names_a_driver_and_its_options(kind: str) -> None:
    wanted = [name for name in vars(Store) if not name.startswith("_")]
    assert [name for name in wanted if not hasattr(STORES[kind].load(), name)] == []
    assert STORES[kind].load_options().model_fields


def test_a_row_of_the_settings_opens_as_a_store(tmp_path: Path) -> None:
    store = open_store("nas", Row(kind="local", options=LocalOptions(path=tmp_path)), lambda _: None)
    assert store.name == "nas"
