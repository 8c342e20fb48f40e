"""Manifests that take long to read are counted before the eyes of who waits; on what is no terminal nothing is said."""

import io

import pytest
from rich.console import Console

from workers.stores.remembering import Reading
from workers.views import reading
from workers.views.reading import Bar


def shown(terminal: bool, *done: int) -> str:
    screen = io.StringIO()
    bar = Bar(Console(file=screen, force_terminal=terminal, width=100))
    for number in done:
        bar.heard(Reading("s3", number, 8640))
    bar.end()
    return screen.getvalue()


def test_what_takes_long_is_counted_and_taken_away_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SILENT", 0.0)
    said = shown(True, 1, 4320)
    assert "manifests of s3" in said
    assert "4320/8640" in said
    assert said.rstrip("\r\n").endswith("\x1b[2K")  # the line is cleared


def test_what_is_quick_is_not_mentioned() -> None:
    assert shown(True, 1, 4320, 8640) == ""


def test_a_pipe_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SILENT", 0.0)
    assert shown(False, 1, 4320) == ""


def test_it_ends_with_the_last_manifest_and_begins_anew_with_the_next_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SILENT", 0.0)
    bar = Bar(Console(file=io.StringIO(), force_terminal=True))
    bar.heard(Reading("s3", 1, 2))
    assert bar._progress is not None
    bar.heard(Reading("s3", 2, 2))
    assert bar._progress is None
