"""The bare engines that ours are measured beside really keep something."""

import subprocess

import pytest

from tests.bench.engines import Bare


@pytest.mark.parametrize("engine", ["restic", "borg"])
def test_a_bare_engine_keeps_a_folder_and_finds_damage(engine, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "one").write_bytes(bytes(range(256)) * 400)
    bare = Bare(engine, tmp_path)
    for _ in range(2):
        bare.anew()
    bare.backup(tmp_path / "files", "first")
    bare.check()
    (tmp_path / "back").mkdir()
    bare.restore("first", tmp_path / "back")
    assert [path.read_bytes() for path in (tmp_path / "back").rglob("one")] == [bytes(range(256)) * 400]
    largest = max((path for path in (tmp_path / engine / "data").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    largest.chmod(0o600)
    largest.write_bytes(largest.read_bytes()[:-1] + b"X")
    with pytest.raises(subprocess.CalledProcessError):
        bare.check()
