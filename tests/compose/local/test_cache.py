"""The cache: each thing is made once, whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from compose.local import cache

MAKER = """
import sys, time
from pathlib import Path
from compose.local.cache import kept

def make(place):
    with open(sys.argv[1], "a") as made:
        made.write("made\\n")
    (place / "a").write_text("1")
    time.sleep(0.3)
    (place / "b").write_text("2")

print(sorted(path.name for path in kept("things/one", make).iterdir()))
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CANVASBACK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_projects_own_variable_wins_over_the_desktops(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache.folder() == own
    monkeypatch.delenv("CANVASBACK_CACHE")
    assert cache.folder() == Path("/somewhere/canvasback")


def test_without_any_variable_the_cache_is_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CANVASBACK_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert cache.folder() == Path("/home/somebody/.cache/canvasback")


def test_a_relative_cache_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CANVASBACK_CACHE", "near")
    assert cache.folder() == tmp_path / "near"


def test_what_is_there_is_not_made_again(own: Path) -> None:
    made: list[Path] = []
    assert cache.kept("one", made.append) == cache.kept("one", made.append) == own / "one"
    assert len(made) == 1


def test_a_failure_leaves_nothing_behind_and_the_next_try_succeeds(own: Path) -> None:
    def fail(place: Path) -> None:
        (place / "half").write_text("")
        raise OSError("no network")

    with pytest.raises(OSError, match="no network"):
        cache.kept("one", fail)
    assert [path.name for path in own.iterdir()] == ["one.lock"]
    assert list(cache.kept("one", lambda place: (place / "whole").touch()).iterdir()) == [own / "one" / "whole"]


def test_the_remains_of_a_killed_process_are_swept(own: Path) -> None:
    (own / ".one-abcd1234").mkdir(parents=True)
    (own / ".one-two-abcd1234").mkdir()
    cache.kept("one", lambda _: None)
    assert sorted(path.name for path in own.iterdir()) == [".one-two-abcd1234", "one", "one.lock"]


def test_of_processes_that_ask_at_once_one_makes_and_all_see_it_whole(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", MAKER, str(tmp_path / "made")]
    asking = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [child.communicate(timeout=30)[0] for child in asking] == ["['a', 'b']\n"] * 3
    assert (tmp_path / "made").read_text() == "made\n"
