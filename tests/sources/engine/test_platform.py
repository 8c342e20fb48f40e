"""The whole way, through real workers: back up, lose the folder (and for restic the first of two stores), restore."""

import json
import sys

import pytest

from workers import command

pytestmark = pytest.mark.timeout(400)  # it starts every server and worker, and waits for eight runs

PLAIN, MORE = 300_000 + len("a name"), 305_000 + len("a name")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    done = command.run([sys.executable, "-m", "tests.sources.engine.platform", tmp_path_factory.mktemp("platform")])
    assert done.returncode == 0, (done.stderr + done.stdout)[-3000:].decode()
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("engine", ["restic", "borg"])
def test_a_folder_is_backed_up_lost_and_restored_by_real_workers(found, engine):
    seen = found[engine]
    assert seen["equal"] == [True, True]
    assert seen["kinds"] == ["full", "full"]
    assert seen["shares"] == ["1/2", "2/2"]
    assert [plain for plain, _ in seen["sizes"]] == [PLAIN, MORE]
    assert 5000 < seen["sizes"][1][1] < 30_000
    assert seen["rows"] == ["32", "32"]
    assert seen["left"] == []


@pytest.mark.parametrize("engine", ["restic", "borg"])
def test_the_bytes_are_told_while_the_engine_works(found, engine):
    first, second, loaded = found[engine]["told"]
    for told, read in ((first, PLAIN), (second, MORE), (loaded, MORE)):
        assert read <= told < read + 3000  # the record and, with BorgBackup, links besides


def test_the_second_store_is_taken_where_the_first_is_lost(found):
    assert found["restic"]["copies"] == ["nas", "s3"]
    assert "the next store was taken: store nas: " in found["restic"]["warnings"]
    assert found["borg"]["copies"] == ["nas"]
    assert found["borg"]["warnings"] == ""
