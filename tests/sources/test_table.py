"""The table of sources."""

import pytest
from pydantic import SecretStr

from workers.ports import IndexedSource, NamedSource, Source, TrialSource
from workers.sources import INDEXED, NAMED, SOURCES, TRIED, Manner, open_source
from workers.sources.mysql.options import MysqlOptions


@pytest.mark.parametrize("kind", SOURCES)
def test_every_row_names_a_driver_and_its_options(kind: str) -> None:
    row = SOURCES[kind]
    wanted = [name for name in vars(Source) if not name.startswith("_")]
    assert [name for name in wanted if not hasattr(row.load(), name)] == []
    assert row.load_options().model_fields


@pytest.mark.parametrize(("port", "table"), [(IndexedSource, INDEXED), (NamedSource, NAMED), (TrialSource, TRIED)])
def test_a_table_names_the_sources_that_can_do_more_than_every_one(port: type, table: tuple[str, ...]) -> None:
    wanted = [name for name in vars(port) if not name.startswith("_")]
    assert [kind for kind, row in SOURCES.items() if all(hasattr(row.load(), name) for name in wanted)] == list(table)


def test_a_source_opens_without_connecting() -> None:
    options = MysqlOptions(host="127.0.0.1", port=1, user="u", databases=["d"])
    assert open_source("mysql", options, SecretStr("p"), Manner(streams=2))
