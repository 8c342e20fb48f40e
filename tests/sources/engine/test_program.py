"""Which program of an engine is taken, and what is said of the others."""

import os
from pathlib import Path

import pytest

from workers.errors import Refused
from workers.sources.engine.program import Wanted, program, unfit, version
from workers.sources.restic.options import ResticOptions

BETWEEN, SINCE = Wanted("pack", "--version", (1, 2), (1, 4)), Wanted("pack", "version", (0, 17))


def script(folder: Path, says: str) -> Path:
    path = folder / "pack"
    path.write_text(f'#!/bin/sh\necho "$1" >> {folder}/asked\necho "{says}"\n')
    path.chmod(0o755)
    return path


def options(folder: Path) -> ResticOptions:
    return ResticOptions(path=folder, tools=folder)


@pytest.mark.parametrize(("wanted", "said"), [(BETWEEN, "1.2.0"), (BETWEEN, "1.4.99"), (SINCE, "0.17.3"), (SINCE, "1.0.0")])
def test_a_version_that_is_known_fits(wanted: Wanted, said: str) -> None:
    assert unfit(wanted, said) == ""


@pytest.mark.parametrize(
    ("wanted", "said", "words"),
    [
        (BETWEEN, "1.1.18", "pack 1.1.18 is not known here: install 1.2 to 1.4, or"),
        (BETWEEN, "2.0.0", "pack 2.0.0 is not known here: install 1.2 to 1.4, or"),
        (SINCE, "0.9.6", "pack 0.9.6 is not known here: install 0.17 or later, or"),
        (SINCE, "", "pack of unknown version is not known here"),
    ],
)
def test_another_one_is_told_with_those_that_would_do(wanted: Wanted, said: str, words: str) -> None:
    assert unfit(wanted, said).startswith(words)


def test_a_program_that_is_missing_is_refused_with_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=f"no pack in {tmp_path}: install it on this host"):
        program(BETWEEN, options(tmp_path))


def test_a_program_of_another_version_is_refused_by_its_path(tmp_path: Path) -> None:
    path = script(tmp_path, "pack 2.0.1 (a build)")
    with pytest.raises(Refused, match=rf"{path}: pack 2\.0\.1 is not known here"):
        program(BETWEEN, options(tmp_path))


def test_it_is_asked_once_until_its_file_changes(tmp_path: Path) -> None:
    path = script(tmp_path, "pack 1.2.3")
    assert [program(BETWEEN, options(tmp_path)) for _ in range(3)] == [path] * 3
    assert (tmp_path / "asked").read_text() == "--version\n"
    script(tmp_path, "pack 1.3.0")
    os.utime(path, ns=(1, 1))
    assert version(BETWEEN, path) == "1.3.0"
