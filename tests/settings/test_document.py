"""The file and the environment over it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workers.errors import Refused
from workers.settings import load

Write = Callable[[str], Path]
Faults = Callable[..., list[tuple[str, str]]]


def test_the_environment_goes_over_the_file(example: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVASBACK_BROKER__URL", "redis://other:1/0")
    monkeypatch.setenv("CANVASBACK_SPOOL__BYTES", "64MiB")
    monkeypatch.setenv("CANVASBACK_PLANS__DATABASE__COMPRESS__LEVEL", "9")
    found = load(write(example))
    assert (found.broker.url, found.spool.bytes, found.spool.path) == ("redis://other:1/0", 64 << 20, Path("/var/spool/canvasback"))
    assert (found.plans["database"].compress.level, found.plans["database"].required) == (9, ("nas",))


def test_the_environment_reaches_the_drivers_own_keys(example: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVASBACK_STORES__NAS__PATH", "/elsewhere")
    monkeypatch.setenv("CANVASBACK_TARGETS__COMMUNITY__MYSQL__USER", "other")
    found = load(write(example))
    assert found.stores["nas"].options.model_dump()["path"] == Path("/elsewhere")
    assert found.targets["community"].options.model_dump()["user"] == "other"


def test_lists_in_the_environment_are_json(example: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVASBACK_PLANS__DATABASE__REQUIRED", '["second"]')
    monkeypatch.setenv("CANVASBACK_PLANS__DATABASE__SYNC", "[]")
    assert load(write(example)).plans["database"].required == ("second",)


def test_a_list_that_is_no_json_is_a_fault_among_the_others(example: str, faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVASBACK_PLANS__DATABASE__REQUIRED", "nas")
    monkeypatch.setenv("CANVASBACK_HOSTS", "{")
    found = dict(faults(example.replace("weekly", "weakly")))
    assert found["plans.database.required"] == "should be a list"
    assert found["hosts"] == "should be a table"
    assert "plans.database.retention.weakly" in found


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("CANVASBACK_BROKR__URL", 'unknown section; did you mean "broker"? (environment)'),
        ("CANVASBACK_XYZ__URL", "unknown section (environment)"),
        ("CANVASBACK_TIMEZONE", 'unknown section; did you mean "time_zone"? (environment)'),
    ],
)
def test_a_misspelt_variable_is_named(example: str, faults: Faults, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str) -> None:
    monkeypatch.setenv(name, "x")
    assert faults(example) == [(name, sentence)]


def test_variables_of_others_are_left_alone(example: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVASBACK_CACHE", "/tmp/x")
    assert load(write(example))


def test_the_variable_names_the_file(example: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVASBACK_CONFIG", str(write(example)))
    assert load() == load(write(example))


def test_without_the_variable_the_file_lies_in_the_present_folder(example: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(example).parent)
    assert load().hosts["db1"].role == "database"


def test_a_missing_file_is_named_with_the_variable(tmp_path: Path) -> None:
    with pytest.raises(
        Refused, match=r"no settings file .*/none\.toml; name it in CANVASBACK_CONFIG, or start where canvasback\.toml lies"
    ):
        load(tmp_path / "none.toml")


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot be read: Is a directory \(CANVASBACK_CONFIG names it\)"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('a = 1\nb = "x\n', ("line 2, column 7", "not TOML: Illegal character '\\n'")),
        ("a = 1\na = 2\n", ("line 2, column 6", "not TOML: Cannot overwrite a value")),
        ("a = [1,", ("end of file", "not TOML: Invalid value")),
        ('a = "x', ("end of file", "not TOML: Unterminated string")),
    ],
)
def test_broken_toml_is_one_fault_with_its_place(faults: Faults, text: str, place: tuple[str, str]) -> None:
    assert faults(text) == [place]


def test_a_file_that_is_not_utf_8_is_one_fault(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(Refused, match=r"1 fault\n  byte 6   not UTF-8, which TOML has to be"):
        load(tmp_path / "x.toml")
