"""The whole way, through real workers and two stores, one of them S3: back up, lose folder and first store, restore."""

import json
import sys

from workers import command


def test_a_folder_is_backed_up_lost_and_restored_from_s3_by_real_workers(tmp_path):
    done = command.run([sys.executable, "-m", "tests.sources.engine.platform", "restic", tmp_path])
    assert done.returncode == 0, (done.stderr + done.stdout)[-3000:].decode()
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["equal"] == [True, True]
    assert found["kinds"] == ["full", "full"]
    assert found["shares"] == ["1/2", "2/2"]
    assert found["copies"] == ["nas", "s3"]
    (plain, _), (more, added) = found["sizes"]
    assert (plain, more) == (300_000 + len("a name"), 305_000 + len("a name"))
    assert 5000 < added < 30_000
    first, second, loaded = found["told"]
    assert plain <= first < plain + 3000  # the record besides
    assert more <= second < more + 3000
    assert more <= loaded < more + 3000
    assert found["rows"] == ["32", "32"]
    assert "the next store was taken: store nas: " in found["warnings"]
    assert found["left"] == []
