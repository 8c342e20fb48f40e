"""The drivers' own keys are taken out of rows of stores and targets, and whatever is wrong with them is told at their place."""

from typing import Any

from workers.settings.kinds import Nothing, split
from workers.sources.files.options import FilesOptions
from workers.stores.options import LocalOptions

STORE = {"kind": "local", "medium": "disk", "path": "/mnt/nas"}
TARGET = {"source": "files", "host": "files1", "plan": "plain", "files": {"path": "/srv/uploads"}}


def of(section: str, row: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """One row as it comes out, and its faults."""
    kinds = split({section: {"one": row}})
    return kinds.document[section]["one"], [(fault.key, fault.text) for fault in kinds.faults]


def test_a_stores_own_keys_become_its_options_and_the_common_ones_stay() -> None:
    row, faults = of("stores", STORE)
    assert isinstance(row["options"], LocalOptions)
    assert (row["kind"], row["medium"], str(row["options"].path), faults) == ("local", "disk", "/mnt/nas", [])
    assert "path" not in row


def test_a_targets_table_becomes_its_options() -> None:
    row, faults = of("targets", TARGET)
    assert isinstance(row["options"], FilesOptions)
    assert (row["host"], faults) == ("files1", [])


def test_what_is_given_is_left_as_it_was() -> None:
    document = {"stores": {"one": dict(STORE)}, "spool": {"path": "/x"}}
    split(document)
    assert document == {"stores": {"one": STORE}, "spool": {"path": "/x"}}


def test_a_table_that_is_missing_is_told_and_stands_aside_for_the_rest() -> None:
    row, faults = of("targets", {key: value for key, value in TARGET.items() if key != "files"})
    assert isinstance(row["options"], Nothing)
    assert faults == [("targets.one.files", "missing")]


def test_an_unknown_kind_names_those_there_are() -> None:
    row, faults = of("stores", STORE | {"kind": "locl"})
    assert isinstance(row["options"], Nothing)
    [(key, text)] = faults
    assert key == "stores.one.kind"
    assert '"local"' in text


def test_the_table_of_another_source_is_told_where_the_source_is_right() -> None:
    _, faults = of("targets", TARGET | {"redis": {}})
    assert faults == [("targets.one.redis", "unknown key")]


def test_under_an_unknown_source_the_table_of_another_is_part_of_the_same_mistake() -> None:
    _, faults = of("targets", TARGET | {"source": "fils"})
    assert [key for key, _ in faults] == ["targets.one.source"]
