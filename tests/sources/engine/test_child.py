"""One run of a program, heard to its end."""

from pathlib import Path

import pytest

from workers.sources.engine.child import SAID, Call, run
from workers.sources.engine.private import private


def test_output_and_words_beside_it_are_told_apart(tmp_path):
    ended = run(Call(["sh", "-c", "echo out; echo said >&2; exit 3"], {}), tmp_path / "state")
    assert (ended.status, ended.out, ended.said) == (3, ("out",), ("said",))
    assert list((tmp_path / "state").iterdir()) == []


def test_lines_that_are_heard_are_not_kept(tmp_path):
    heard = []
    assert run(Call(["sh", "-c", "echo a; echo b"], {}), tmp_path / "state", heard.append).out == ()
    assert heard == ["a", "b"]


def test_a_program_that_says_very_much_is_no_obstacle(tmp_path):
    ended = run(Call(["sh", "-c", "seq 200000 >&2; seq 200000"], {}), tmp_path / "state")
    assert (len(ended.out), len(ended.said), ended.said[-1], ended.dropped) == (200_000, SAID, "200000", 200_000 - SAID)


def test_it_starts_in_its_folder_with_its_environment(tmp_path):
    assert run(Call(["sh", "-c", "pwd; echo $WORD"], {"WORD": "x"}, tmp_path), tmp_path / "state").out == (str(tmp_path), "x")


def test_one_that_was_killed_leaves_its_mark(tmp_path):
    assert run(Call(["sh", "-c", "kill -9 $$"], {}), tmp_path / "state").status == -9
    assert len(list((tmp_path / "state").iterdir())) == 1


def test_whatever_interrupts_ends_the_program(tmp_path):
    def interrupt(line):
        raise KeyboardInterrupt(line)

    with pytest.raises(KeyboardInterrupt) as found:
        run(Call(["sh", "-c", "echo $$; exec sleep 60"], {}), tmp_path / "state", interrupt)
    assert not Path(f"/proc/{found.value}").exists()


def test_files_for_one_child_are_its_owners_alone_and_go_with_it():
    with private({"password": "word"}) as folder:
        found = [(folder.stat().st_mode & 0o777, (folder / "password").stat().st_mode & 0o777, (folder / "password").read_text())]
    assert found == [(0o700, 0o600, "word")]
    assert not folder.exists()
