"""The whole way, through real workers: back up, lose the folder (and for restic the first of two stores), restore."""

import json
import sys

import pytest

from tests.sources.engine.expiring import BIG
from workers import command

pytestmark = pytest.mark.timeout(400)  # it starts every server and worker, and waits for eight runs

PLAIN, MORE = 300_000 + BIG + len("a name"), 305_000 + len("a name")


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


@pytest.mark.parametrize("engine", ["restic", "borg"])
def test_a_worker_that_is_killed_while_the_engine_removes_data_leaves_what_is_kept_and_its_own_lock(found, engine):
    seen = found[engine]["expired"]
    newest, oldest = seen["before"]
    assert seen["death"]["met"]
    assert seen["death"]["left"] == [newest], oldest
    assert seen["death"]["stale"] == 1
    assert seen["death"]["state"] == "failed"
    assert "lost with its worker" in seen["death"]["why"]


@pytest.mark.parametrize("engine", ["restic", "borg"])
def test_the_next_runs_remove_what_was_left_and_what_is_old_and_nothing_more(found, engine):
    seen = found[engine]["expired"]
    assert seen["kept"] == seen["made"]
    assert seen["gone"] == [seen["before"][0], ""]
    assert seen["warnings"] == [[], []]
    assert seen["records"] == sorted(seen["kept"])
    assert seen["agree"] == [True]
    assert all(seen["copies"])
    assert seen["freed"] > BIG * 0.9
    assert seen["person"]
    assert seen["locked"] == []


@pytest.mark.parametrize("engine", ["restic", "borg"])
def test_every_backup_that_is_kept_comes_back_as_it_was(found, engine):
    assert found[engine]["expired"]["equal"] == [True, True]
