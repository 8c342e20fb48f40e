"""The whole way, through real workers: back up, delete every index, restore, and count."""

import json
import sys

from workers import command


def test_indices_are_backed_up_deleted_restored_and_a_repository_that_is_hurt_is_no_backup(at, tmp_path):
    at.fill("posts", 500)
    at.fill("users", 20)
    argv = [sys.executable, "-m", "tests.sources.elasticsearch.journey", at.server.folder, at.word, tmp_path]
    done = command.run(argv)
    assert done.returncode == 0, (done.stderr + done.stdout)[-2000:].decode()
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["before"] == {at.name("posts"): 500, at.name("users"): 20}
    assert found["after"] == found["before"]
    for done, expected in (note.split("/") for note in found["seen"]):
        assert int(done) == int(expected) > 0
    assert "is damaged: its CRC is not the one that was written with it" in found["fault"]
    *good, bad = found["alerts"]
    assert ["Backup sealed" in good[0], "Restore proven" in good[1], len(good)] == [True, True, 2]
    assert "Backup failed" in bad
    assert "is damaged: its CRC is not the one that was written with it" in bad
    assert (found["newest"], found["snapshots"]) == (found["backup"], 1)
    assert (found["left"], at.scratch()) == ([], [])
