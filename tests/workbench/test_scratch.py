"""What a replay needs of its host, and what the host says to that."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.samples import FACTS, FULL, put
from workers.bench import scratch
from workers.bench.scratch import Need
from workers.errors import Permanent, Refused
from workers.sources.mysql.source import MysqlSource


@pytest.fixture
def tools(orders: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    found = orders.app.tools
    monkeypatch.setattr(found, "settings", found.settings.model_copy(update={"scratch_dir": tmp_path / "deep" / "scratch"}))
    return found


def said(tools: Any, what: str, **need: Any) -> scratch.Finding:
    found = scratch.able(tools, "community", Need(FACTS, **{"room": 1, **need}))
    return next(finding for finding in found if finding.what == what)


def test_a_folder_that_is_not_there_yet_is_measured_by_the_disk_it_will_be_on(tools: Any) -> None:
    assert said(tools, "room").ok
    assert not tools.settings.scratch_dir.exists()


def test_want_of_room_is_said_with_both_numbers(tools: Any) -> None:
    found = said(tools, "room", room=1 << 60)
    assert (found.ok, "needs 1024.0 PiB" in found.found, "free; make room" in found.found) == (False, True, True)


@pytest.mark.parametrize(
    ("server", "words"),
    [("new", "its folder . is not there"), ("/nowhere/new", "its folder /nowhere is not there"), ("{here}", "exists; a new server's")],
)
def test_a_path_that_cannot_become_a_new_server_is_said_beforehand(tools: Any, tmp_path: Path, server: str, words: str) -> None:
    found = said(tools, "server", server=server.format(here=tmp_path))
    assert (found.ok, words in found.found) == (False, True), found


def test_a_path_on_another_disk_is_said_beforehand(tools: Any, tmp_path: Path) -> None:
    if Path("/dev/shm").stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has one disk only")
    assert "another disk than scratch_dir" in said(tools, "server", server="/dev/shm/canvasback-new").found
    assert said(tools, "server", server=str(tmp_path / "new")).ok


def test_who_answers_as_the_live_server_and_whether_a_backup_can_be_read_is_said_where_it_is_asked(
    tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {finding.what for finding in scratch.able(tools, "community", Need(FACTS, 1))} == {"server program", "room"}
    assert (said(tools, "stores", live=True).ok, "has no backup" in said(tools, "stores", live=True).found) == (False, True)
    put(tools.store("nas"), FULL)
    assert said(tools, "stores", live=True) == scratch.Finding(True, "stores", "nas")
    away = said(tools, "live server", live=True)
    assert (away.ok, "/run/mysqld/mysqld.sock" in away.found) == (False, True), away
    monkeypatch.setattr(MysqlSource, "identity", lambda _: "8b1d")
    assert said(tools, "live server", live=True) == scratch.Finding(True, "live server", "8b1d")


def test_room_grows_with_the_data_and_their_logs() -> None:
    assert scratch.room("logical", 0, 0) < scratch.room("logical", 1000, 0) < scratch.room("logical", 1000, 1000)


def test_files_of_a_whole_server_do_not_grow_as_sql_does() -> None:
    assert scratch.room("physical", 1 << 40, 0) < scratch.room("logical", 1 << 40, 0)
    assert scratch.room("physical", 1000, 1000) - scratch.room("physical", 0, 1000) == 1000


def test_a_host_of_a_source_without_logs_says_so(tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "source", lambda _: object())
    (found,) = scratch.able(tools, "community", Need(replace(FACTS), 1))
    assert (found.ok, found.found) == (False, "community has none that could be replayed")


def test_a_folder_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    scratch.make(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    with pytest.raises(Permanent, match="see scratch_dir in the settings"):
        scratch.make(tmp_path / "a" / "b")


def test_too_little_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="a scratch server needs"):
        scratch.has_room(tmp_path, 1 << 60)
