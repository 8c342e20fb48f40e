"""Single restored files go into a folder that is in use; what they replace is moved aside, and everything else stays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.sources.files.entry import Entry, Stat, Type, stat_of
from workers.sources.files.merge import merge


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path, Path]:
    """The restored tree, the folder in use, and where what is replaced goes."""
    lay(tmp_path / "tree", {"a/new": "restored", "a/old": "restored", "b/deep/er": "restored"})
    lay(tmp_path / "into", {"a/old": "live", "a/mine": "live", "c": "live"})
    return tmp_path / "tree", tmp_path / "into", tmp_path / "aside"


def lay(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def entries(tree: Path) -> Iterator[Entry]:
    yield Entry("", Stat(Type.FOLDER))
    for path in sorted(tree.rglob("*")):
        yield Entry(str(path.relative_to(tree)), stat_of(path.lstat()))


def texts(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_each_is_in_its_place_and_what_it_replaced_is_aside_under_its_own_path(places: tuple[Path, Path, Path]) -> None:
    tree, into, aside = places
    merge(*places, iter(list(entries(tree))))
    assert texts(into) == {"a/new": "restored", "a/old": "restored", "a/mine": "live", "b/deep/er": "restored", "c": "live"}
    assert texts(aside) == {"a/old": "live"}
    assert aside.stat().st_mode & 0o777 == 0o700


def test_a_second_try_after_one_that_was_broken_off_ends_in_the_same(places: tuple[Path, Path, Path]) -> None:
    tree, into, aside = places
    known = list(entries(tree))
    merge(*places, iter(known[:4]))
    merge(*places, iter(known))
    assert texts(into)["a/old"] == "restored"
    assert texts(aside) == {"a/old": "live"}


def test_what_was_put_aside_by_a_try_that_died_is_never_written_over(places: tuple[Path, Path, Path]) -> None:
    tree, into, aside = places
    lay(aside, {"a/old": "live, moved by a try that died before it put the restored one there"})
    (into / "a/old").write_text("made anew since")
    merge(*places, iter(list(entries(tree))))
    assert texts(aside) == {"a/old": "live, moved by a try that died before it put the restored one there", "a/old.2": "made anew since"}
    assert texts(into)["a/old"] == "restored"


def test_a_folder_takes_the_place_of_a_file_and_a_file_that_of_a_link(places: tuple[Path, Path, Path]) -> None:
    tree, into, aside = places
    (into / "b").write_text("live file")
    (into / "a/new").symlink_to("nowhere")
    merge(*places, iter(list(entries(tree))))
    assert (into / "b/deep/er").read_text() == "restored"
    assert not (into / "a/new").is_symlink()
    assert texts(aside) == {"a/old": "live", "b": "live file"}
    assert (aside / "a/new").readlink() == Path("nowhere")


def test_where_nothing_is_replaced_nothing_is_put_aside(places: tuple[Path, Path, Path]) -> None:
    tree, into, aside = places
    (into / "a/old").unlink()
    merge(*places, iter(list(entries(tree))))
    assert not aside.exists()
