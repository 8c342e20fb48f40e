"""The whole way, through real workers: back up, lose everything, restore; then a backup that cannot be made."""

import json
import sys

from workers import command


def test_a_redis_is_backed_up_lost_and_restored_and_a_save_that_fails_is_one_alert_and_no_backup(tmp_path):
    """In a process of its own, whose application belongs to its settings; a restore that is not equal is a failure there."""
    done = command.run([sys.executable, "-m", "tests.sources.redis.journey", tmp_path])
    assert done.returncode == 0, (done.stderr + done.stdout)[-2000:].decode()
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["forks"], found["n"]) == (1, 1)
    *good, bad = found["alerts"]
    assert ["Backup sealed" in good[0], "Restore proven" in good[1], len(good)] == [True, True, 2]
    for told in (bad, found["fault"]):
        assert "rdb_last_bgsave_status is err" in told
        assert "It REFUSES WRITES until a save succeeds (stop-writes-on-bgsave-error)" in told
    assert found["newest"] == found["backup"]
    assert (found["left"], found["scratch"]) == ([], [])
