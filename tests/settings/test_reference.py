"""The reference page and the models say the same."""

import tomllib
from pathlib import Path

import pytest

from workers.settings import Settings, reference
from workers.settings.kinds import SOURCES, STORES, drivers

PAGE = Path(__file__).parents[2] / reference.PAGE


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == reference.page(Settings), "run: python -m workers.settings --reference"


def test_every_key_is_described_and_has_a_type() -> None:
    models = [Settings, *(driver.load_options() for table in (SOURCES, STORES) for driver in drivers(table).values())]
    bare = [key.path for model in models for key in reference.keys(model) if not key.description or not key.type]
    assert bare == []


def test_every_example_is_toml() -> None:
    examples = [key.example for key in reference.keys(Settings) if key.example]
    assert len(examples) > 20
    assert [tomllib.loads(f"x = {example}")["x"] for example in examples]


@pytest.mark.parametrize(
    "line",
    [
        "| `compress.level` | whole number, 1 to 19 | `3` | Highest level of zstd: smaller, slower; 1 where it gains little. | `3` |",
        '| `bytes` | size | `"96MiB"` | Most bytes in it, however large a database is; at least 8MiB. | `"96MiB"` |',
        "| `retention` | table | – | Which backups are kept; left out: all of them. | |",
        '| `host` | text | required | The host that it lives on. | `"db1"` |',
    ],
)
def test_a_line_says_type_default_meaning_and_example(line: str) -> None:
    assert line in PAGE.read_text().splitlines()


def test_every_driver_has_its_table() -> None:
    text = PAGE.read_text()
    assert [name for name in drivers(SOURCES) if f"## `[targets.<name>.{name}]`" not in text] == []
    assert [name for name in drivers(STORES) if f'`[stores.<name>]` with `kind = "{name}"`' not in text] == []
    assert "`options`" not in text
