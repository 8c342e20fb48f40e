"""The command: what stands against a figure is told in words, and no old figure is taken for a new one."""

import subprocess
import sys
from functools import partial

import pytest

from tests.bench import __main__ as bench
from workers.errors import Permanent


def test_a_word_that_is_not_understood_ends_it_before_anything_is_started(tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "bench.json").write_text("{}")
    done = run(tmp_path, ONLY="mysql.ful")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert 'did you mean "mysql.full"?' in done.stderr
    assert (tmp_path / "build" / "bench.json").exists()


def run(folder, **words):
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), **words}
    return subprocess.run([sys.executable, "-m", "tests.bench"], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def broken():
    raise Permanent("backup failed: the store is full")


def test_a_backup_that_failed_in_its_own_process_is_told_with_its_reason():
    with pytest.raises(Permanent, match="backup failed: the store is full"):
        bench.apart(partial(broken))


def test_a_run_without_a_figure_leaves_none_behind(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONLY", "mysql.full")
    monkeypatch.setattr(bench, "of_database", lambda _wish, _flavour: broken())
    monkeypatch.setattr(bench, "apart", lambda part: part())
    (tmp_path / "build").mkdir()
    bench.FILE.write_text('{"mysql.full": {"ratio": 9}}')
    assert bench.main() == 1
    assert not bench.FILE.exists()
    assert "no figure: backup failed: the store is full" in capsys.readouterr().err


def test_what_is_measured_is_written_as_soon_as_it_is_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build").mkdir()
    found = {}
    bench.add(found, {"mysql.full": {"ratio": 5.0}})
    bench.add(found, {"celery.segment": {"ratio": 0.7}})
    assert bench.FILE.read_text().count("ratio") == 2
